// The Prometheus text of made-up snapshots, whole, and what becomes of many devices. Never opens a socket.
#include "metrics/numbers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "vouchgate/attach/machine.hpp"

namespace vouchgate::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Status a_day() {
  Status status;
  status.version = "0.4.0";
  status.gateway = "gw-1";
  status.uptime = Duration(3600500);
  status.time_trusted = true;
  status.time.confidence = TimeConfidence::synchronised;
  status.session.state = "connected";
  status.session.since = Duration(61000);
  status.session.connects = 3;
  status.session.swaps = 2;
  status.session.recent_swaps = {{Duration(2500), Duration(3000), 7}, {Duration(1100), Duration(0), 1}};
  status.token = {"ES256", "tpm", "0x81000100", Duration(2000000), Duration(1400000), 4};
  status.children.push_back({"pump-1", "subscribed", "", {}, 1, {5, 2, 1, 0, 0, 1, 1}});
  status.children.push_back({"pump-2", "held-off", "not bound", Duration(4000), 0, {3, 0, 1, 1, 1, 0, 0}});
  status.spool.bytes = 12345678901;
  status.spool.max_bytes = 20000000000;
  status.spool.disk_free = 777;
  status.spool.total = {9, 3, 2, 1, 1, 1, 1};
  status.spool.by_device = {{"gone", {1, 1, 0, 0, 0, 0, 0}}, {"pump-1", {5, 2, 1, 0, 0, 1, 1}}};
  status.in_flight = 1;
  status.window = 200;
  status.refused = 6;
  status.direct = 8;
  return status;
}

TEST(Numbers, AreTheGoldenText) {
  std::ifstream file(VOUCHGATE_SOURCE_DIR "/tests/unit/metrics/numbers.golden");
  std::stringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(numbers(a_day(), 200), golden.str());
}

TEST(Numbers, WhatIsNotThereHasNoSeries) {
  const std::string text = numbers(Status{}, 200);
  for (const char* name : {"token_expires", "token_renews", "swap_pause", "swap_recovery", "device_attached"})
    EXPECT_THAT(text, Not(HasSubstr(name)));
  EXPECT_THAT(text, HasSubstr("vouchgate_session_connected 0\n"));
}

TEST(Numbers, EveryAttachStateIsThereWithoutChildren) {
  const std::string text = numbers(Status{}, 200);
  using attach::State;
  for (const State state : {State::detached, State::attaching, State::attached, State::subscribed, State::held_off})
    EXPECT_THAT(text, HasSubstr(std::string("vouchgate_children{state=\"") + attach::word(state) + "\"} 0\n"));
}

TEST(Numbers, DevicesBeyondTheLimitAreSummedAndNothingIsLost) {
  Status status;
  for (int i = 0; i < 10'000; ++i) {
    const std::string id = "pump-" + std::to_string(10'000 + i);
    const Ledger ledger{7, 4, 3, 0, 0, 0, 0};
    status.children.push_back({id, i % 10 == 0 ? "held-off" : "subscribed", "", {}, 1, ledger});
    status.spool.by_device[id] = ledger;
  }
  const std::string text = numbers(status, 3);
  EXPECT_THAT(text, HasSubstr("vouchgate_messages_stored_total{device=\"pump-10002\"} 7\n"
                              "vouchgate_messages_stored_total{device=\"_other\"} 69979\n"));
  EXPECT_THAT(text, HasSubstr("vouchgate_device_attached{device=\"_other\"} 8998\n"));
  EXPECT_THAT(text, HasSubstr("vouchgate_device_held_off{device=\"_other\"} 999\n"));
  EXPECT_THAT(text, Not(HasSubstr("pump-10003")));
  EXPECT_LT(text.size(), 10'000u);
  EXPECT_THAT(numbers(status, 0), HasSubstr("vouchgate_messages_stored_total{device=\"_other\"} 70000\n"));
}

}  // namespace
}  // namespace vouchgate::metrics
