// The status screen from the daemon's JSON. Never talks to a daemon, and nothing here looks at a terminal.
#include "cli/status_text.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/daemon_tables.hpp"
#include "cli/screen.hpp"
#include "cli/terminal.hpp"
#include "cli/unit_state.hpp"

namespace vouchgate::cli {
namespace {

using nlohmann::json;

json good_day() {
  return json::parse(R"({"version":"0.4.0","gateway":"gw-1","uptime_ms":93600000,"time_trusted":true,"healthy":true,
    "complaints":[],
    "session":{"state":"connected","endpoint":"cloud:8883","since_ms":61000,"connects":1,"recent_swaps":[{"pause_ms":1100}],
      "tls":"TLSv1.3","round_trip_us":41250},
    "token":{"algorithm":"ES256","holder":"tpm","where":"0x81000100","valid_for_ms":2280000,"renew_in_ms":1680000},
    "children":[{"device":"pump-1","state":"subscribed","connections":1,"ledger":{"stored":1,"delivered":1}}],
    "spool":{"bytes":1258291,"max_bytes":1073741824,"autonomy_ms":219600000,
      "total":{"stored":91204113,"delivered":91204101,"pending":0,"expired":12}},
    "traffic":{"since_start":{"in":1200,"out":1199,"refused":1},"lately":{"in":1120,"out":1120,"refused":4,"for_ms":10000},
      "last_hour":[{"in":0},{"in":70},{"in":140},{"in":9}]},
    "faults":[],"in_flight":3,"refused":1})");
}

std::string shown(const json& status, std::size_t width = 80) { return status_text(status, {width, 23, false, {}}); }

json bad_day() {
  json status = good_day();
  status["healthy"] = false;
  status["complaints"] = {"not connected: connect failed: us-central1-mqtt.clearblade.example: no route to host",
                          "spool disk-full: the file system has 5 bytes free", "5 children held off"};
  status["session"] = {{"state", "backing-off"},
                       {"endpoint", "us-central1-mqtt.clearblade.example:8883"},
                       {"since_ms", 12'000},
                       {"next_try_ms", 12'000},
                       {"connects", 1234}};
  status["token"]["failures"] = 3;
  status["time"] = {{"confidence", "plausible"}};
  status["spool"]["state"] = "disk-full";
  status["spool"]["reason"] = "the file system has 5 bytes free";
  status["spool"]["total"]["quarantined"] = 2;
  status["spool"]["total"]["dropped"] = 7;
  for (int i = 2; i <= 8; ++i)
    status["children"].push_back({{"device", "pump-" + std::to_string(i)},
                                  {"state", i < 7 ? "held-off" : "detached"},
                                  {"reason", "not bound to this gateway"},
                                  {"next_try_ms", 240'000}});
  for (int i = 0; i < 5; ++i)
    status["faults"].push_back({{"age_ms", 60'000 * i},
                                {"level", "warning"},
                                {"name", "child_held_off"},
                                {"text", std::string(200, 'x')},
                                {"count", i}});
  return status;
}

TEST(StatusText, AGoodDayIsOneScreen) {
  EXPECT_EQ(shown(good_day()),
            "vouchgate 0.4.0 on gw-1 · up 26 h 0 min · healthy\n"
            "session     connected 61 s · cloud:8883 · TLS 1.3 · RTT 41 ms (PUBACK)\n"
            "token       ES256 by tpm 0x81000100 · valid 38 min · next swap in 28 min\n"
            "            last swap paused 1.1 s\n"
            "children    1 attached · 0 held off · 0 silent\n"
            "spool       0 pending · 1.2 MiB of 1 GiB\n"
            "            autonomy 2 d 13 h at the last hour's rate · 3 in flight\n"
            "rates       112 msg/s in · 112 out · 0.4 refused · last hour ▁▄█\n"
            "since start 1,200 in · 1,199 out · 1 refused\n"
            "ledger      stored 91,204,113 = delivered 91,204,101 + pending 0 + expired 12\n"
            "last faults none since the start\n");
}

TEST(StatusText, ABadDayWithEightChildrenFitsTheSmallestTerminal) {
  std::istringstream lines(shown(bad_day()));
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) EXPECT_LE(columns(line), 80u) << line;
  EXPECT_LE(count, 23) << shown(bad_day()) << "one line is the prompt's";
}

TEST(StatusText, WhatIsWrongStandsAtTheTop) {
  const auto text = shown(bad_day());
  EXPECT_LT(text.find("not connected: connect failed"), text.find("session")) << text;
  EXPECT_NE(text.find("next try in 12 s"), std::string::npos) << text;
  EXPECT_NE(text.find("pump-2, not bound to this gateway (next try 4 min)"), std::string::npos) << text;
  EXPECT_NE(text.find("and 2 more: vouchgate devices list"), std::string::npos) << text;
  EXPECT_NE(text.find("spool disk-full: the file system has 5 bytes free"), std::string::npos) << text;
  EXPECT_NE(text.find("2 in quarantine: vouchgate spool list\n"), std::string::npos) << text;
  EXPECT_NE(text.find("dropped 7 + quarantined 2"), std::string::npos) << text;
  EXPECT_NE(text.find("clock       plausible, not synchronised\n"), std::string::npos) << text;
}

TEST(StatusText, FaultsAreNewestFirstWithTheirTimeAndName) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  json status = good_day();
  status["faults"] = json::parse(R"([{"age_ms":90000000,"level":"error","name":"token_failed","text":"t","count":1},
      {"age_ms":60000,"level":"warning","name":"session_lost","text":"session lost: reset","count":1200}])");
  const auto now = std::chrono::system_clock::time_point(std::chrono::seconds(1893456000 + 3600));  // 2030-01-01 01:00
  const auto text = status_text(status, {80, 23, false, now});
  EXPECT_NE(text.find("last faults 00:59:00 session_lost (1,200 times): session lost: reset\n"
                      "            Dec 31   token_failed: t\n"),
            std::string::npos)
      << text;
}

TEST(StatusText, AnIdleSessionHasNoRoundTripAndNoAutonomy) {
  json status = good_day();
  status["session"]["round_trip_us"] = nullptr;
  status["spool"]["autonomy_ms"] = nullptr;
  EXPECT_NE(shown(status).find("RTT none: idle"), std::string::npos);
  EXPECT_NE(shown(status).find("autonomy not known: idle"), std::string::npos);
  status["session"]["round_trip_us"] = 420;
  EXPECT_NE(shown(status).find("RTT 0.4 ms"), std::string::npos);
}

TEST(StatusText, TheClockIsSaidWhenItIsWrong) {
  auto status = good_day();
  EXPECT_EQ(shown(status).find("clock"), std::string::npos);
  status["time_trusted"] = false;
  status["time"] = {{"confidence", "wrong"}, {"reason", "before this build"}};
  EXPECT_NE(shown(status).find("clock       before this build; no token is signed until it is"), std::string::npos)
      << shown(status);
}

TEST(StatusText, ADaemonOfAnotherVersionIsStillShown) {
  EXPECT_NE(shown(json::object()).find("does not say whether it is healthy"), std::string::npos);
  EXPECT_EQ(device_text(json::object()).substr(0, 7), "device ");
}

TEST(StatusText, NobodyMovesTheCursorFromAfar) {
  auto status = good_day();
  status["complaints"] = {
      "\x1b]0;owned\x07 \xc2\x9b"
      "2J\r\n"};
  const auto text = shown(status);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find("\xc2\x9b"), std::string::npos);
  EXPECT_NE(text.find("?]0;owned? ?2J??"), std::string::npos) << text;
}

TEST(StatusText, ColoursChangeNothingButColours) {
  std::string coloured = status_text(bad_day(), {80, 23, true, {}});
  EXPECT_NE(coloured.find("\x1b[1;31m5 held off\x1b[0m"), std::string::npos) << coloured;
  for (std::size_t at = 0; (at = coloured.find('\x1b')) != std::string::npos;)
    coloured.erase(at, coloured.find('m', at) - at + 1);
  EXPECT_EQ(coloured, shown(bad_day()));
}

TEST(Screen, LongWordsAreCutAndNothingIsWiderThanItMayBe) {
  Screen screen(40, false);
  screen.row("label", {{std::string(100, 'w')}, {"a b"}});
  EXPECT_EQ(screen.text(), "label       " + std::string(28, 'w') + "\n            " + std::string(28, 'w') +
                               "\n            " + std::string(28, 'w') + "\n            " + std::string(16, 'w') +
                               " · a b\n");
}

TEST(Terminal, AFrameIsPaintedOverTheLastOne) {
  EXPECT_EQ(frame("a\nb\nc\n", 24), "\x1b[Ha\x1b[K\r\nb\x1b[K\r\nc\x1b[K\x1b[J");
  EXPECT_EQ(frame("a\nb\nc\n", 2), "\x1b[Ha\x1b[K\r\nb\x1b[K\x1b[J") << "what does not fit would scroll";
}

TEST(UnitState, IsOneClause) {
  EXPECT_EQ(unit_sentence({}), "");
  EXPECT_EQ(unit_sentence(properties_of("LoadState=not-found\nActiveState=inactive\n")), "not installed");
  EXPECT_EQ(unit_sentence(properties_of("LoadState=loaded\nActiveState=inactive\nSubState=dead\nResult=success\n"
                                        "NRestarts=0\nStateChangeTimestamp=\nStatusText=\n")),
            "inactive (dead)");
  EXPECT_EQ(
      unit_sentence(properties_of("ActiveState=failed\nSubState=failed\nResult=exit-code\nExecMainStatus=1\n"
                                  "NRestarts=5\nStateChangeTimestamp=Sat 2026-11-21 14:03:11 UTC\n"
                                  "StatusText=connected to cloud:8883")),
      "failed (exit-code, status 1) since Sat 2026-11-21 14:03:11 UTC, restarted 5 times; it last said: connected "
      "to cloud:8883");
}

}  // namespace
}  // namespace vouchgate::cli
