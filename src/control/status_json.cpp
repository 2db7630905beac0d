// The two faces of a status: JSON for machines, one sentence for systemd. Never drops a field silently.
#include "status_json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "vouchgate/control/control.hpp"

namespace vouchgate::control {

namespace {

using control::json_of;  // the overloads below would hide it

Json json_of(const std::optional<Duration>& duration) { return duration ? Json(duration->count()) : Json(); }

Json json_of(const SessionStatus& session) {
  Json swaps = Json::array();
  for (const SwapReport& swap : session.recent_swaps)
    swaps.push_back({{"pause_ms", swap.pause.count()}, {"full_ms", swap.full.count()}, {"in_flight", swap.in_flight}});
  return {{"state", session.state},
          {"endpoint", session.endpoint},
          {"problem", session.problem},
          {"since_ms", session.since.count()},
          {"next_try_ms", session.next_try.count()},
          {"connects", session.connects},
          {"swaps", session.swaps},
          {"recent_swaps", std::move(swaps)},
          {"tls", session.tls},
          {"round_trip_us", session.round_trip ? Json(session.round_trip->count()) : Json()}};
}

Json json_of(const TrafficCounts& counts) {
  return {{"in", counts.in}, {"out", counts.out}, {"refused", counts.refused}, {"bytes", counts.bytes}};
}

Json json_of(const TrafficStatus& traffic) {
  Json hour = Json::array();
  for (const TrafficCounts& counts : traffic.last_hour) hour.push_back(json_of(counts));
  Json lately = json_of(traffic.lately);
  lately["for_ms"] = traffic.lately_for.count();
  return {{"since_start", json_of(traffic.since_start)},
          {"lately", std::move(lately)},
          {"step_ms", traffic.step.count()},
          {"last_hour", std::move(hour)}};
}

Json json_of(const std::vector<log::Fault>& faults) {
  Json out = Json::array();
  for (const log::Fault& fault : faults)
    out.push_back({{"age_ms", fault.age.count()},
                   {"level", fault.event->level == events::Level::warning ? "warning" : "error"},
                   {"name", fault.event->name},
                   {"message_id", fault.event->message_id},
                   {"text", fault.text},
                   {"count", fault.count}});
  return out;
}

Json json_of(const ChildStatus& child) {
  return {{"device", child.device},           {"state", child.state},
          {"reason", child.reason},           {"next_try_ms", child.next_try.count()},
          {"connections", child.connections}, {"ledger", json_of(child.ledger)}};
}

Json children_of(const Status& status) {
  Json children = Json::array();
  for (const ChildStatus& child : status.children) children.push_back(json_of(child));
  return children;
}

std::string count(std::uint64_t number, const char* what) { return std::to_string(number) + " " + what; }

std::uint64_t in_state(const Status& status, const char* state) {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(status.children, [&](const ChildStatus& child) { return child.state == state; }));
}

// What an operator must know of, worst first. A planned swap is no fault: it had a session and has no problem.
std::vector<std::string> complaints(const Status& status) {
  std::vector<std::string> out;
  const SessionStatus& session = status.session;
  if (!status.time_trusted && !status.time.reason.empty()) out.push_back("clock: " + status.time.reason);
  const std::string why = session.problem.empty() ? "" : ": " + session.problem;
  if (session.state == "connected" && !why.empty()) out.push_back(session.problem);  // e.g. of the next token
  if (session.state != "connected" && (session.connects == 0 || !why.empty())) out.push_back("not connected" + why);
  if (status.spool.state != SpoolState::ok)
    out.push_back(std::string("spool ") + word(status.spool.state) + ": " + status.spool.reason);
  if (const auto held = in_state(status, "held-off"); held > 0)
    out.push_back(count(held, held == 1 ? "child held off" : "children held off"));
  if (const auto kept = status.spool.total.quarantined; kept > 0)
    out.push_back(count(kept, kept == 1 ? "message in quarantine" : "messages in quarantine"));
  if (!status.reload_problem.empty()) out.push_back("last reload failed: " + status.reload_problem);
  return out;
}

}  // namespace

Json json_of(const Ledger& ledger) {
  return {{"stored", ledger.stored},          {"delivered", ledger.delivered}, {"pending", ledger.pending},
          {"expired", ledger.expired},        {"dropped", ledger.dropped},     {"discarded", ledger.discarded},
          {"quarantined", ledger.quarantined}};
}

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string to_json(const Status& status) {
  const TokenStatus& token = status.token;
  const auto complaints_now = complaints(status);
  const Json all = {{"version", status.version},
                    {"gateway", status.gateway},
                    {"uptime_ms", status.uptime.count()},
                    {"healthy", complaints_now.empty()},
                    {"complaints", complaints_now},
                    {"time_trusted", status.time_trusted},
                    {"time", {{"confidence", word(status.time.confidence)}, {"reason", status.time.reason}}},
                    {"session", json_of(status.session)},
                    {"reload_problem", status.reload_problem},
                    {"token",
                     {{"algorithm", token.algorithm},
                      {"holder", token.holder},
                      {"where", token.where},
                      {"valid_for_ms", json_of(token.valid_for)},
                      {"renew_in_ms", json_of(token.renew_in)},
                      {"failures", token.failures}}},
                    {"children", children_of(status)},
                    {"spool",
                     {{"state", word(status.spool.state)},
                      {"reason", status.spool.reason},
                      {"bytes", status.spool.bytes},
                      {"max_bytes", status.spool.max_bytes},
                      {"disk_free", status.spool.disk_free},
                      {"autonomy_ms", json_of(status.traffic.autonomy)},
                      {"total", json_of(status.spool.total)}}},
                    {"in_flight", status.in_flight},
                    {"window", status.window},
                    {"refused", status.refused},
                    {"direct", status.direct},
                    {"traffic", json_of(status.traffic)},
                    {"faults", json_of(status.faults)}};
  return dump(all);
}

std::string devices_json(const Status& status) { return dump(children_of(status)); }

namespace {

// What the session's state means to somebody who has not read about it.
std::string in_words(const SessionStatus& session) {
  if (session.state == "connected") return "connected to " + session.endpoint;
  if (session.state == "waiting-for-time") return "waiting until the time is known";
  if (session.state == "minting") return "having a token signed";
  if (session.state == "connecting") return "connecting to " + session.endpoint;
  if (session.state == "draining" || session.state == "closing") return "ending a session";
  if (session.state == "backing-off") return "not connected, trying again by itself";
  return session.state;
}

}  // namespace

std::string sentence(const Status& status) {
  const SessionStatus& session = status.session;
  std::string out = in_words(session);
  if (!session.problem.empty()) out += " (" + session.problem + ")";
  const std::uint64_t attached = in_state(status, "attached") + in_state(status, "subscribed");
  out += ", " + std::to_string(attached) + " of " + count(status.children.size(), "children attached");
  if (const auto held = in_state(status, "held-off"); held > 0) out += ", " + count(held, "held off");
  if (status.spool.state != SpoolState::ok) out += std::string(", spool ") + word(status.spool.state);
  if (const auto kept = status.spool.total.quarantined; kept > 0) out += ", " + count(kept, "in quarantine");
  out += ", " + count(status.spool.total.pending, "pending");
  if (!status.reload_problem.empty()) out += "; last reload failed: " + status.reload_problem;
  return out;
}

}  // namespace vouchgate::control
