// Lays out the status screen. Never shows a value the daemon did not report.
#include "status_text.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "daemon_tables.hpp"
#include "json_fields.hpp"
#include "quantity.hpp"
#include "screen.hpp"
#include "vouchgate/base/spell.hpp"

namespace vouchgate::cli {
namespace {

using nlohmann::json;
using Pieces = std::vector<Piece>;

constexpr std::size_t most_held_named = 3, most_faults = 5, fewest_faults = 2;

std::string time(const json& object, const char* key) { return spell(std::chrono::milliseconds(number(object, key))); }

Pieces head(const json& status) {
  Pieces out{{"vouchgate " + text(status, "version") + " on " + text(status, "gateway")},
             {"up " + time(status, "uptime_ms")}};
  for (const json& complaint : part(status, "complaints"))
    out.push_back({complaint.is_string() ? complaint.get<std::string>() : "", Tone::bad});
  const auto healthy = status.find("healthy");
  if (healthy == status.end()) out.push_back({"does not say whether it is healthy", Tone::warn});
  if (healthy != status.end() && *healthy == true) out.push_back({"healthy", Tone::good});
  return out;
}

std::string round_trip(const json& session) {
  if (!has(session, "round_trip_us")) return "RTT none: idle";
  const auto us = number(session, "round_trip_us");
  char out[48];
  std::snprintf(out, sizeof out, us < 10'000 ? "RTT %.1f ms (PUBACK)" : "RTT %.0f ms (PUBACK)",
                static_cast<double>(us) / 1000);
  return out;
}

Pieces session_row(const json& session) {
  const std::string state = text(session, "state");
  const bool connected = state == "connected";
  Pieces out{{state + " " + time(session, "since_ms"), connected ? Tone::good : Tone::warn}};
  if (const auto endpoint = text(session, "endpoint"); !endpoint.empty()) out.push_back({endpoint});
  if (const auto tls = text(session, "tls"); tls.starts_with("TLSv")) out.push_back({"TLS " + tls.substr(4)});
  if (connected) out.push_back({round_trip(session)});
  if (state == "backing-off") out.push_back({"next try in " + time(session, "next_try_ms")});
  if (number(session, "connects") > 1) out.push_back({grouped(number(session, "connects")) + " connects"});
  return out;
}

Pieces token_row(const json& token, const json& session) {
  if (text(token, "algorithm").empty()) return {{"none yet", Tone::warn}};
  const bool valid = has(token, "valid_for_ms");
  Pieces out{{text(token, "algorithm") + " by " + text(token, "holder") + " " + text(token, "where")},
             {valid ? "valid " + time(token, "valid_for_ms") : "none valid", valid ? Tone::plain : Tone::warn}};
  if (has(token, "renew_in_ms")) out.push_back({"next swap in " + time(token, "renew_in_ms")});
  if (const auto& swaps = part(session, "recent_swaps"); swaps.is_array() && !swaps.empty())
    out.push_back({"last swap paused " + time(swaps.back(), "pause_ms")});
  if (const auto failed = number(token, "failures"); failed > 0)
    out.push_back({grouped(failed) + " failed since the start", Tone::warn});
  return out;
}

void children_rows(const json& children, Screen& screen) {
  const auto count = [&](auto which) { return std::count_if(children.begin(), children.end(), which); };
  const auto in = [&](const char* state) {
    return count([&](const json& one) { return text(one, "state") == state; });
  };
  const auto held = in("held-off");
  Pieces out{{std::to_string(in("attached") + in("subscribed")) + " attached"}};
  if (const auto attaching = in("attaching"); attaching > 0) out.push_back({std::to_string(attaching) + " attaching"});
  if (const auto detached = in("detached"); detached > 0) out.push_back({std::to_string(detached) + " detached"});
  out.push_back({std::to_string(held) + " held off", held > 0 ? Tone::bad : Tone::plain});
  out.push_back({std::to_string(count([](const json& one) { return number(one, "connections") == 0; })) + " silent"});
  screen.row("children", out);
  std::size_t named = 0;
  for (const json& child : children) {
    if (text(child, "state") != "held-off" || named++ >= most_held_named) continue;
    screen.row("  held off", {{text(child, "device") + ", " + text(child, "reason") + " (next try " +
                                   time(child, "next_try_ms") + ")",
                               Tone::warn}});
  }
  if (named > most_held_named)
    screen.row("  held off",
               {{"and " + std::to_string(named - most_held_named) + " more: vouchgate devices list", Tone::warn}});
}

Pieces clock_row(const json& status) {
  const json& time = part(status, "time");
  if (status.value("time_trusted", json(true)) == json(false)) {
    const std::string reason = text(time, "reason");
    return {{(reason.empty() ? "not plausible yet" : reason) + "; no token is signed until it is", Tone::bad}};
  }
  if (text(time, "confidence") == "plausible") return {{"plausible, not synchronised"}};
  return {};
}

void spool_rows(const json& status, Screen& screen) {
  const json& spool = part(status, "spool");
  const json& total = part(spool, "total");
  Pieces out{{grouped(number(total, "pending")) + " pending"},
             {bytes_text(number(spool, "bytes")) + " of " + bytes_text(number(spool, "max_bytes"))}};
  out.push_back({has(spool, "autonomy_ms") ? "autonomy " + time(spool, "autonomy_ms") + " at the last hour's rate"
                                           : "autonomy not known: idle"});
  if (const auto flying = number(status, "in_flight"); flying > 0) out.push_back({grouped(flying) + " in flight"});
  screen.row("spool", out);
  if (const auto kept = number(total, "quarantined"); kept > 0)
    screen.row("  kept", {{grouped(kept) + " in quarantine: vouchgate spool list", Tone::bad}});
}

std::string per_second(const json& lately, const char* key) {
  const double rate = static_cast<double>(number(lately, key)) * 1000 / static_cast<double>(number(lately, "for_ms"));
  char out[32];
  std::snprintf(out, sizeof out, "%.1f", rate);
  return rate >= 10 || rate == 0 ? grouped(static_cast<std::uint64_t>(rate + 0.5)) : out;
}

Pieces rates_row(const json& traffic) {
  const json& lately = part(traffic, "lately");
  if (number(lately, "for_ms") == 0) return {{"just started"}};
  Pieces out{{per_second(lately, "in") + " msg/s in"}, {per_second(lately, "out") + " out"}};
  const auto refused = number(lately, "refused");
  out.push_back({per_second(lately, "refused") + " refused", refused > 0 ? Tone::warn : Tone::plain});
  if (const auto drawn = sparkline(part(traffic, "last_hour"), "in"); !drawn.empty())
    out.push_back({"last hour " + drawn});
  return out;
}

Pieces since_start(const json& status) {
  const json& counts = part(part(status, "traffic"), "since_start");
  Pieces out{{grouped(number(counts, "in")) + " in"},
             {grouped(number(counts, "out")) + " out"},
             {grouped(number(counts, "refused")) + " refused"}};
  if (const auto direct = number(status, "direct"); direct > 0)
    out.push_back({grouped(direct) + " of them without touching the disk"});
  return out;
}

std::string clock_text(std::chrono::system_clock::time_point now, std::chrono::milliseconds age) {
  const std::time_t at = std::chrono::system_clock::to_time_t(now - age);
  std::tm local{};
  ::localtime_r(&at, &local);
  char out[32];
  std::strftime(out, sizeof out, age < std::chrono::hours(24) ? "%H:%M:%S" : "%b %e  ", &local);
  return out;
}

Pieces fault_lines(const json& faults, std::chrono::system_clock::time_point now, std::size_t most) {
  Pieces out;
  for (const json& fault : faults) {
    const auto count = number(fault, "count");
    std::string line = clock_text(now, std::chrono::milliseconds(number(fault, "age_ms"))) + " " + text(fault, "name");
    if (count > 1) line += " (" + grouped(count) + " times)";
    out.push_back({line + ": " + text(fault, "text"), text(fault, "level") == "error" ? Tone::bad : Tone::warn});
  }
  std::ranges::reverse(out);
  if (out.size() > most) out.resize(most);
  return out.empty() ? Pieces{{"none since the start"}} : out;
}

}  // namespace

std::string sparkline(const json& counts, const char* key) {
  static constexpr const char* blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  std::uint64_t most = 1;
  for (const json& one : counts) most = std::max(most, number(one, key));
  std::string out;
  // The newest is still under way: it would always look like a fall.
  for (std::size_t i = 0; i + 1 < counts.size(); ++i) out += blocks[number(counts[i], key) * 7 / most];
  return out;
}

std::string status_text(const json& status, const View& view) {
  const json& session = part(status, "session");
  const json& total = part(part(status, "spool"), "total");
  Screen screen(view.width, view.colours);
  screen.row("", head(status));
  screen.row("session", session_row(session));
  screen.row("token", token_row(part(status, "token"), session));
  children_rows(part(status, "children"), screen);
  if (const Pieces clock = clock_row(status); !clock.empty()) screen.row("clock", clock);
  spool_rows(status, screen);
  screen.row("rates", rates_row(part(status, "traffic")));
  screen.row("since start", since_start(status));
  screen.row("ledger", {{ledger_text(total)}});
  const auto used = static_cast<std::size_t>(std::ranges::count(screen.text(), '\n'));
  const std::size_t left = std::clamp(view.rows > used ? view.rows - used : 0, fewest_faults, most_faults);
  screen.lines("last faults", fault_lines(part(status, "faults"), view.now, left));
  return screen.text();
}

}  // namespace vouchgate::cli
