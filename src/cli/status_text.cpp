// Lays out the status screen. Never shows a value the daemon did not report.
#include "status_text.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "quantity.hpp"
#include "vouchgate/base/bytes.hpp"
#include "vouchgate/base/spell.hpp"

namespace vouchgate::cli {
namespace {

using nlohmann::json;

// A newer or older daemon may lack a field: then it reads as empty or zero.
std::string text(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}
std::uint64_t number(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<std::uint64_t>() : 0;
}
bool has(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number();
}
std::string time(const json& object, const char* key) { return spell(std::chrono::milliseconds(number(object, key))); }
const json& part(const json& object, const char* key) {
  static const json nothing = json::object();
  const auto found = object.find(key);
  return found != object.end() && (found->is_object() || found->is_array()) ? *found : nothing;
}

bool is_attached(const json& child) {
  const std::string state = text(child, "state");
  return state == "attached" || state == "subscribed";
}
bool is_held(const json& child) { return text(child, "state") == "held-off"; }

std::string verdict(const json& status) {
  const json& session = part(status, "session");
  const auto& children = part(status, "children");
  if (text(session, "state") != "connected") {
    const std::string problem = text(session, "problem");
    return problem.empty() ? "not connected" : "not connected: " + problem;
  }
  // Messages are at stake there, and a held-off child's wait.
  const std::string spool = text(part(status, "spool"), "state");
  if (!spool.empty() && spool != "ok") return "spool " + spool;
  const auto held = std::count_if(children.begin(), children.end(), is_held);
  if (held > 0) return std::to_string(held) + (held == 1 ? " child held off" : " children held off");
  return "healthy";
}

std::string session_line(const json& session) {
  std::string out = "session   " + text(session, "state") + " " + time(session, "since_ms");
  if (const auto endpoint = text(session, "endpoint"); !endpoint.empty()) out += "  " + endpoint;
  if (text(session, "state") == "backing-off") out += " · next try in " + time(session, "next_try_ms");
  if (number(session, "connects") > 1) out += " · " + grouped(number(session, "connects")) + " connects";
  return out + "\n";
}

std::string token_line(const json& token, const json& session) {
  std::string out = "token     ";
  if (text(token, "algorithm").empty()) return out + "none yet\n";
  out += text(token, "algorithm") + " by " + text(token, "holder") + " " + text(token, "where");
  out += has(token, "valid_for_ms") ? " · valid " + time(token, "valid_for_ms") : " · none valid";
  if (has(token, "renew_in_ms")) out += " · next swap in " + time(token, "renew_in_ms");
  if (const auto& swaps = part(session, "recent_swaps"); swaps.is_array() && !swaps.empty())
    out += " · last swap paused " + time(swaps.back(), "pause_ms");
  return out + "\n";
}

std::string held_line(const json& child) {
  return "          held off: " + text(child, "device") + ", " + text(child, "reason") + " (next try " +
         time(child, "next_try_ms") + ")\n";
}

std::string children_lines(const json& children) {
  const auto count = [&](auto which) { return std::count_if(children.begin(), children.end(), which); };
  const auto attached = count(is_attached);
  const auto held = count(is_held);
  const auto rest = static_cast<std::ptrdiff_t>(children.size()) - attached - held;
  const auto silent = count([](const json& child) { return number(child, "connections") == 0; });
  std::string out = "children  " + std::to_string(attached) + " attached";
  out += " · " + std::to_string(held) + " held off";
  if (rest > 0) out += " · " + std::to_string(rest) + " detached";
  out += " · " + std::to_string(silent) + " silent\n";
  constexpr int most_named = 5;
  int named = 0;
  for (const json& child : children)
    if (is_held(child) && named++ < most_named) out += held_line(child);
  if (named > most_named)
    out += "          and " + std::to_string(named - most_named) + " more: vouchgate devices list\n";
  return out;
}

std::string ledger_text(const json& ledger) {
  std::string out = "stored " + grouped(number(ledger, "stored")) + " = delivered " +
                    grouped(number(ledger, "delivered")) + " + pending " + grouped(number(ledger, "pending")) +
                    " + expired " + grouped(number(ledger, "expired"));
  for (const char* rare : {"dropped", "discarded", "quarantined"})
    if (number(ledger, rare) > 0) out += std::string(" + ") + rare + " " + grouped(number(ledger, rare));
  return out;
}

std::string clock_line(const json& status) {
  const json& time = part(status, "time");
  if (status.value("time_trusted", json(true)) == json(false)) {
    const std::string reason = text(time, "reason");
    return "clock     " + (reason.empty() ? "not plausible yet" : reason) + "; no token is signed until it is\n";
  }
  if (text(time, "confidence") == "plausible") return "clock     plausible, not synchronised\n";
  return {};
}

std::string config_line(const json& status) {
  const std::string problem = text(status, "reload_problem");
  return problem.empty() ? "" : "config    last reload failed: " + problem + "\n";
}

std::string trouble_lines(const json& spool) {
  std::string out;
  const std::string state = text(spool, "state");
  if (!state.empty() && state != "ok") out += "          " + state + ": " + text(spool, "reason") + "\n";
  if (const auto kept = number(part(spool, "total"), "quarantined"); kept > 0)
    out += "          " + grouped(kept) + " in quarantine: vouchgate spool list\n";
  return out;
}

std::string audited(const std::string& name, const json& line) {
  const json& found = part(line, "found");
  std::string out = name + ": " + ledger_text(part(line, "ledger")) + "; on disk " + grouped(number(found, "pending")) +
                    " pending, " + grouped(number(found, "quarantined")) + " in quarantine, " +
                    grouped(number(line, "bytes_found")) + " bytes";
  if (!line.value("adds_up", false))
    out += "  <-- DOES NOT ADD UP (" + grouped(number(line, "bytes")) + " bytes booked)";
  return out + "\n";
}

std::string padded(std::string cell, std::size_t width) {
  cell.resize(std::max(width, cell.size()), ' ');
  return cell;
}

}  // namespace

std::string status_text(const json& status) {
  const json& session = part(status, "session");
  const json& spool = part(status, "spool");
  const json& total = part(spool, "total");
  std::string out = "vouchgate " + text(status, "version") + " on " + text(status, "gateway") + " · up " +
                    time(status, "uptime_ms") + " · " + verdict(status) + "\n";
  out += session_line(session) + token_line(part(status, "token"), session) + children_lines(part(status, "children"));
  out += clock_line(status) + config_line(status);
  out += "spool     " + grouped(number(total, "pending")) + " pending · " + bytes_text(number(spool, "bytes")) +
         " of " + bytes_text(number(spool, "max_bytes")) + " · " + grouped(number(status, "in_flight")) +
         " in flight · " + grouped(number(status, "refused")) + " refused\n" + trouble_lines(spool);
  out += "ledger    " + ledger_text(total) + "\n";
  if (const auto direct = number(status, "direct"); direct > 0)
    out += "          and " + grouped(direct) + " delivered without touching the disk\n";
  return out;
}

std::string spool_text(const json& spool) {
  return "state     " + text(spool, "state") + "\nspace     " + bytes_text(number(spool, "bytes")) + " of " +
         bytes_text(number(spool, "max_bytes")) + " · " + bytes_text(number(spool, "disk_free")) +
         " free on the file system\n" + trouble_lines(spool) + "ledger    " + ledger_text(part(spool, "total")) + "\n";
}

std::string audit_text(const json& books) {
  std::string out;
  for (const json& device : part(books, "devices")) out += audited(text(device, "device"), device);
  if (books.contains("total")) out += audited("total", part(books, "total"));
  return out + (books.value("adds_up", false) ? "adds up: nothing is missing\n" : "");
}

// Payloads that are text are shown as they are; others in base64, so that a terminal survives them.
std::string printable_payload(const std::string& encoded) {
  const auto decoded = from_base64(encoded);
  const std::string payload(decoded ? vouchgate::text(*decoded) : std::string_view());
  const bool is_text = is_utf8(payload) && std::none_of(payload.begin(), payload.end(), [](char c) {
                         return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
                       });
  return is_text ? payload : "(base64) " + encoded;
}

std::string rates_text(const json& before, const json& now) {
  const auto elapsed = number(now, "uptime_ms") - number(before, "uptime_ms");
  const auto rate = [&](const char* key) {
    const auto from = number(part(part(before, "spool"), "total"), key);
    const auto to = number(part(part(now, "spool"), "total"), key);
    return elapsed == 0 || to < from ? 0 : (to - from) * 1000 / elapsed;
  };
  return "rates     " + grouped(rate("stored")) + " msg/s in · " + grouped(rate("delivered")) + " out\n";
}

std::string devices_text(const json& devices) {
  std::size_t width = 8;
  for (const json& child : devices) width = std::max(width, text(child, "device").size() + 2);
  std::string out = padded("device", width) + padded("state", 12) + "local     pending  delivered  reason\n";
  for (const json& child : devices) {
    const json& ledger = part(child, "ledger");
    char counts[64];
    std::snprintf(counts, sizeof counts, "%5s  %10s %10s  ", grouped(number(child, "connections")).c_str(),
                  grouped(number(ledger, "pending")).c_str(), grouped(number(ledger, "delivered")).c_str());
    out += padded(text(child, "device"), width) + padded(text(child, "state"), 12) + counts;
    if (is_held(child)) out += text(child, "reason") + " (next try " + time(child, "next_try_ms") + ")";
    out.erase(out.find_last_not_of(' ') + 1);
    out += "\n";
  }
  return out;
}

std::string device_text(const json& device) {
  std::string out = "device    " + text(device, "device") + "\nstate     " + text(device, "state");
  if (is_held(device)) out += ": " + text(device, "reason") + " (next try " + time(device, "next_try_ms") + ")";
  return out + "\nlocal     " + grouped(number(device, "connections")) + " connections\nledger    " +
         ledger_text(part(device, "ledger")) + "\n";
}

}  // namespace vouchgate::cli
