// Clocks that are wrong, are set, or sleep: no token is made from a time known to be wrong, and service resumes by
// itself.
#include <gmock/gmock.h>

#include "gateway_fixture.hpp"

namespace vouchgate::scenario {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class Time : public GatewayScenario {};

TEST_F(Time, a_box_that_wakes_in_1970_signs_nothing_until_its_clock_is_set) {
  time.step_wall(-support::VirtualTime::start_of_wall.time_since_epoch() / std::chrono::milliseconds(1) * Duration(1));
  start();
  greet("pump-1");
  offer("pump-1", "1");
  advance(600s);
  EXPECT_EQ(signer.signatures, 0u);
  EXPECT_EQ(cloud.count("connect"), 0u);
  EXPECT_FALSE(gateway->status().time_trusted);
  EXPECT_THAT(logged->warnings, Contains(HasSubstr("no token is signed until time is known")));
  time.step_wall(std::chrono::duration_cast<Duration>(support::VirtualTime::start_of_wall.time_since_epoch()));
  judge.tell_step();
  settle();
  advance(2s);
  EXPECT_EQ(cloud.received(events_topic("pump-1")), numbers(1, 1));
}

TEST_F(Time, a_step_of_the_clock_swaps_the_token) {
  start();
  const auto before = cloud.passwords().size();
  time.step_wall(2h);
  judge.tell_step();
  settle();
  advance(5s);
  EXPECT_EQ(cloud.passwords().size(), before + 1);
  EXPECT_EQ(gateway->status().session.state, "connected");
  EXPECT_THAT(logged->others, Contains(HasSubstr("clock: set by +2 h")));
}

TEST_F(Time, a_step_that_nobody_tells_is_found_within_seconds) {
  start();
  const auto before = cloud.passwords().size();
  time.step_wall(-1h);
  advance(5s);
  EXPECT_EQ(cloud.passwords().size(), before + 1);
}

TEST_F(Time, a_clock_that_is_slewed_changes_nothing) {
  start();
  const auto before = cloud.passwords().size();
  for (int i = 0; i < 100; ++i) {
    time.step_wall(10ms);
    advance(1s);
  }
  EXPECT_EQ(cloud.passwords().size(), before);
}

TEST_F(Time, a_step_while_backing_off_brings_the_next_try_forward) {
  cloud.refuse_connects(ConnectFailure::credentials, "CONNACK 5");
  start();
  advance(900s);
  EXPECT_EQ(gateway->status().session.state, "backing-off");
  EXPECT_THAT(gateway->status().session.problem, HasSubstr("the clock is synchronised"));
  cloud.accept_connects();
  time.step_wall(24h);
  judge.tell_step();
  settle();
  advance(2s);
  EXPECT_EQ(gateway->status().session.state, "connected");
}

TEST_F(Time, an_accepted_token_confirms_the_time) {
  start();
  EXPECT_EQ(judge.confirmations, 1);
}

TEST_F(Time, a_token_that_is_accepted_after_a_step_confirms_nothing) {
  start();
  ASSERT_EQ(judge.confirmations, 1);
  ASSERT_TRUE(gateway->renew_token());
  while (cloud.count("connect") < 2) ASSERT_EQ(loop.run(1), 1u);
  time.step_wall(5 * 365 * 24h);  // plausible, and noticed by nobody when the CONNACK comes
  settle();
  EXPECT_EQ(judge.confirmations, 1);
  advance(5s);
  EXPECT_EQ(judge.confirmations, 2) << "of a token made from the new time";
}

TEST_F(Time, the_tokens_life_is_shown_right_while_the_clock_is_wrong) {
  start();
  const auto before = *gateway->status().token.valid_for;
  time.step_wall(-50 * 365 * 24h);
  advance(60s);
  ASSERT_FALSE(gateway->status().time_trusted);
  EXPECT_EQ(*gateway->status().token.valid_for, before - 60s);
}

TEST_F(Time, a_clock_that_is_set_wrong_during_connect_does_not_move_the_renewal) {
  for (const Duration step : {Duration(-50 * 365 * 24h), Duration(5 * 365 * 24h)}) {
    start();
    const auto connects = cloud.count("connect");
    ASSERT_TRUE(gateway->renew_token());
    while (cloud.count("connect") == connects) ASSERT_EQ(loop.run(1), 1u);
    time.step_wall(step);
    settle();
    const auto renew_in = gateway->status().token.renew_in;
    ASSERT_TRUE(renew_in);
    EXPECT_LE(*renew_in, settings.token.lifetime);
    gateway->stop([] {});
    settle();
    crash();
    time.step_wall(-step);
  }
}

// What journald would keep of a bad day, at the default level.
class Quiet : public GatewayScenario {
 protected:
  Quiet() {
    log::set_clock([this] { return time.monotonic(); });
  }
  ~Quiet() override { log::set_clock(std::chrono::steady_clock::now); }
  std::size_t bytes() const {
    std::size_t sum = 0;
    for (const auto& lines : {logged->warnings, logged->others})
      for (const std::string& line : lines) sum += line.size() + 1;
    return sum;
  }
  static constexpr std::size_t most_bytes = 1'000'000;
};

TEST_F(Quiet, a_day_offline_is_told_in_less_than_a_megabyte) {
  cloud.refuse_connects(ConnectFailure::network, "no address for cloud.test: Temporary failure in name resolution");
  start();
  greet("pump-1");
  for (int minute = 0; minute < 24 * 60; ++minute) {
    offer("pump-1", std::to_string(minute));
    advance(60s);
  }
  EXPECT_LT(bytes(), most_bytes / 10);
  EXPECT_GE(logged->warnings.size(), 24u) << "said at least hourly";
}

TEST_F(Quiet, a_day_of_refused_children_is_told_in_less_than_a_megabyte) {
  cloud.refuse_connects(ConnectFailure::network, "no route");
  start();
  greet("pump-1");
  greet("pump-2");
  spool->fail_appends(Error{Code::full, "spool", "", "1024 of 1024 bytes are used", ""});
  for (int second = 0; second < 24 * 60 * 60; ++second) {
    for (int i = 0; i < 3; ++i) {
      spool->fail_appends(Error{Code::full, "spool", "", std::to_string(second * 7 + i) + " bytes are used", ""});
      offer(i == 0 ? "pump-1" : "pump-2", "x");
    }
    settle();
    advance(1s);
  }
  EXPECT_LT(bytes(), most_bytes / 10);
  EXPECT_THAT(logged->others, Contains(HasSubstr("more times since")));
}

TEST_F(Quiet, a_day_without_a_key_is_told_in_less_than_a_megabyte) {
  signer.failure = Error{Code::unavailable, "tpm", "/dev/tpmrm0", "the TPM does not answer", ""};
  start();
  advance(std::chrono::hours(24));
  EXPECT_LT(bytes(), most_bytes / 10);
  EXPECT_GE(logged->warnings.size(), 10u);
}

TEST_F(Quiet, a_twin_is_named_once_and_does_not_make_the_gateway_duel) {
  start();
  for (int kick = 0; kick < 30; ++kick) {
    ASSERT_TRUE(advance_until([&] { return cloud.connected(); }));
    advance(2s);
    cloud.drop("closed by the peer");
    settle();
  }
  const auto named = std::ranges::count_if(
      logged->warnings, [](const std::string& line) { return line.find("same client id") != std::string::npos; });
  EXPECT_EQ(named, 1);
  EXPECT_GT(gateway->status().uptime, 600s) << "the pauses grew";
}

}  // namespace
}  // namespace vouchgate::scenario
