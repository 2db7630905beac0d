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
          {"recent_swaps", std::move(swaps)}};
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

}  // namespace

Json json_of(const Ledger& ledger) {
  return {{"stored", ledger.stored},          {"delivered", ledger.delivered}, {"pending", ledger.pending},
          {"expired", ledger.expired},        {"dropped", ledger.dropped},     {"discarded", ledger.discarded},
          {"quarantined", ledger.quarantined}};
}

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string to_json(const Status& status) {
  const TokenStatus& token = status.token;
  const Json all = {{"version", status.version},
                    {"gateway", status.gateway},
                    {"uptime_ms", status.uptime.count()},
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
                      {"total", json_of(status.spool.total)}}},
                    {"in_flight", status.in_flight},
                    {"window", status.window},
                    {"refused", status.refused},
                    {"direct", status.direct}};
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
  const auto in_state = [&](const char* state) {
    return static_cast<std::uint64_t>(std::count_if(status.children.begin(), status.children.end(),
                                                    [&](const ChildStatus& child) { return child.state == state; }));
  };
  const std::uint64_t attached = in_state("attached") + in_state("subscribed");
  out += ", " + std::to_string(attached) + " of " + count(status.children.size(), "children attached");
  if (const auto held = in_state("held-off"); held > 0) out += ", " + count(held, "held off");
  if (status.spool.state != SpoolState::ok) out += std::string(", spool ") + word(status.spool.state);
  if (const auto kept = status.spool.total.quarantined; kept > 0) out += ", " + count(kept, "in quarantine");
  out += ", " + count(status.spool.total.pending, "pending");
  if (!status.reload_problem.empty()) out += "; last reload failed: " + status.reload_problem;
  return out;
}

}  // namespace vouchgate::control
