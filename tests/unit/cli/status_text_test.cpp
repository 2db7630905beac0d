// The status screen from the daemon's JSON. Never talks to a daemon.
#include "cli/status_text.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace vouchgate::cli {
namespace {

using nlohmann::json;

json good_day() {
  return json::parse(R"({"version":"0.4.0","gateway":"gw-1","uptime_ms":93600000,"time_trusted":true,
    "session":{"state":"connected","endpoint":"cloud:8883","since_ms":61000,"connects":1,"recent_swaps":[{"pause_ms":1100}]},
    "token":{"algorithm":"ES256","holder":"tpm","where":"0x81000100","valid_for_ms":2280000,"renew_in_ms":1680000},
    "children":[{"device":"pump-1","state":"subscribed","connections":1,"ledger":{"stored":1,"delivered":1}}],
    "spool":{"bytes":1258291,"max_bytes":1073741824,"total":{"stored":91204113,"delivered":91204101,"pending":0,"expired":12}},
    "in_flight":0,"refused":0})");
}

TEST(StatusText, AGoodDayIsOneScreen) {
  EXPECT_EQ(status_text(good_day()),
            "vouchgate 0.4.0 on gw-1 · up 26 h 0 min · healthy\n"
            "session   connected 61 s  cloud:8883\n"
            "token     ES256 by tpm 0x81000100 · valid 38 min · next swap in 28 min · last swap paused 1.1 s\n"
            "children  1 attached · 0 held off · 0 silent\n"
            "spool     0 pending · 1.2 MiB of 1 GiB · 0 in flight · 0 refused\n"
            "ledger    stored 91,204,113 = delivered 91,204,101 + pending 0 + expired 12\n");
}

TEST(StatusText, WhatIsWrongStandsInTheFirstLine) {
  auto status = good_day();
  status["session"]["state"] = "backing-off";
  status["session"]["problem"] = "no route to host";
  status["session"]["next_try_ms"] = 12000;
  const auto text = status_text(status);
  EXPECT_NE(text.find("· not connected: no route to host\n"), std::string::npos) << text;
  EXPECT_NE(text.find("next try in 12 s"), std::string::npos) << text;
}

TEST(StatusText, AHeldOffChildIsNamedWithItsReason) {
  auto status = good_day();
  status["children"].push_back(
      {{"device", "pump-7"}, {"state", "held-off"}, {"reason", "not bound"}, {"next_try_ms", 240000}});
  const auto text = status_text(status);
  EXPECT_NE(text.find("· 1 child held off\n"), std::string::npos) << text;
  EXPECT_NE(text.find("held off: pump-7, not bound (next try 4 min)\n"), std::string::npos) << text;
}

TEST(StatusText, ATroubledSpoolIsNotHealthyAndSaysWhy) {
  auto status = good_day();
  status["spool"]["state"] = "disk-full";
  status["spool"]["reason"] = "the file system has 5 bytes free";
  status["spool"]["total"]["quarantined"] = 2;
  const auto text = status_text(status);
  EXPECT_NE(text.find("· spool disk-full\n"), std::string::npos) << text;
  EXPECT_NE(text.find("          disk-full: the file system has 5 bytes free\n"), std::string::npos) << text;
  EXPECT_NE(text.find("          2 in quarantine: vouchgate spool list\n"), std::string::npos) << text;
  EXPECT_NE(text.find(" + expired 12 + quarantined 2\n"), std::string::npos) << text;
}

TEST(StatusText, TheClockIsSaidWhenItIsNotSynchronised) {
  auto status = good_day();
  EXPECT_EQ(status_text(status).find("clock"), std::string::npos);
  status["time"] = {{"confidence", "plausible"}, {"reason", "later than this build"}};
  EXPECT_NE(status_text(status).find("clock     plausible, not synchronised\n"), std::string::npos);
  status["time_trusted"] = false;
  status["time"] = {{"confidence", "wrong"}, {"reason", "before this build"}};
  EXPECT_NE(status_text(status).find("clock     before this build; no token is signed until it is"), std::string::npos)
      << status_text(status);
}

TEST(StatusText, WhatNeverTouchedTheDiskIsCountedApart) {
  auto status = good_day();
  status["direct"] = 1234;
  EXPECT_NE(status_text(status).find("          and 1,234 delivered without touching the disk\n"), std::string::npos);
}

TEST(StatusText, ADaemonOfAnotherVersionIsStillShown) {
  EXPECT_NE(status_text(json::object()).find("not connected"), std::string::npos);
  EXPECT_EQ(device_text(json::object()).substr(0, 7), "device ");
}

TEST(StatusText, RatesAreDifferencesOverTime) {
  auto later = good_day();
  later["uptime_ms"] = 93602000;
  later["spool"]["total"]["stored"] = 91206113;
  later["spool"]["total"]["delivered"] = 91204301;
  EXPECT_EQ(rates_text(good_day(), later), "rates     1,000 msg/s in · 100 out\n");
  EXPECT_EQ(rates_text(later, good_day()), "rates     0 msg/s in · 0 out\n");
}

}  // namespace
}  // namespace vouchgate::cli
