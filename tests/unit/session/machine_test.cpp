// The way down from every state, and events that come too late or twice.
#include <gtest/gtest.h>

#include "bench.hpp"

namespace vouchgate::session {
namespace {

TEST(Machine, StopsAtOnceWhereNoSessionIs) {
  Bench fresh;
  EXPECT_EQ(fresh.on(Stop{}), "stopped");
  Bench waiting;
  waiting.on(Start{});
  EXPECT_EQ(waiting.on(Stop{}), "stopped");
  Bench minting;
  minting.to_minting();
  EXPECT_EQ(minting.on(Stop{}), "stopped");
  EXPECT_EQ(minting.on(minting.token()), "") << "a late token starts nothing";
  EXPECT_EQ(minting.state(), State::stopped);
  Bench backing_off;
  backing_off.to_minting();
  backing_off.on(TokenFailed{"no"});
  EXPECT_EQ(backing_off.on(Stop{}), "disarm; stopped");
}

TEST(Machine, StopGivesUpAConnectUnderWay) {
  Bench bench;
  bench.to_connecting();
  EXPECT_EQ(bench.on(Stop{}), "arm 3000ms; disconnect");
  EXPECT_EQ(bench.on(Connected{}), "") << "crossed the disconnect";
  EXPECT_EQ(bench.on(ConnectFailed{ConnectFailure::network, "given up"}), "disarm; stopped");
  EXPECT_EQ(bench.state(), State::stopped);
}

TEST(Machine, StopDrainsFirst) {
  Bench bench;
  bench.to_connected();
  EXPECT_EQ(bench.on(Stop{}), "arm 2000ms; hold");
  EXPECT_EQ(bench.on(Stop{}), "");
  bench.pass(Duration(500));
  EXPECT_EQ(bench.on(WindowEmpty{}), "arm 2500ms; disconnect");
  EXPECT_EQ(bench.on(Closed{"bye"}), "disarm; close; stopped");
}

TEST(Machine, StopEndsWithinItsLimitWhateverTheCloudDoes) {
  Bench bench;
  bench.to_connected();
  const auto asked = bench.now;
  bench.on(Stop{});
  EXPECT_EQ(bench.timer(), "arm 1000ms; disconnect");
  EXPECT_EQ(bench.timer(), "close; stopped");
  EXPECT_EQ(bench.now - asked, std::chrono::seconds(3));
  EXPECT_EQ(bench.on(Closed{"late"}), "");
  EXPECT_EQ(bench.on(TimerFired{}), "");
}

TEST(Machine, StopInASwapEndsItWithoutANewConnect) {
  Bench draining;
  draining.to_draining();
  EXPECT_EQ(draining.on(Stop{}), "arm 2000ms; hold");
  draining.on(WindowEmpty{});
  EXPECT_EQ(draining.on(Closed{"bye"}), "disarm; close; stopped");
  Bench closing;
  closing.to_draining();
  closing.on(WindowEmpty{});
  EXPECT_EQ(closing.on(Stop{}), "arm 3000ms");
  EXPECT_EQ(closing.on(Closed{"bye"}), "disarm; close; stopped");
}

TEST(Machine, StopWhileMintingAheadIgnoresTheToken) {
  Bench bench;
  bench.to_connected();
  bench.timer();
  bench.on(Stop{});
  EXPECT_EQ(bench.on(bench.token()), "");
  bench.on(WindowEmpty{});
  EXPECT_EQ(bench.on(Closed{"bye"}), "disarm; close; stopped");
}

TEST(Machine, StartsAgainAfterStopped) {
  Bench bench;
  bench.to_connected();
  bench.on(Stop{});
  bench.on(Closed{"bye"});
  EXPECT_EQ(bench.on(Start{}), "mint");
  EXPECT_EQ(bench.on(Start{}), "");
}

TEST(Machine, ARenewalCutShortByStopIsForgottenByTheNextStart) {
  Bench bench;
  bench.to_connected();
  bench.timer();
  bench.on(Stop{});
  EXPECT_FALSE(bench.machine.renewing());
  bench.on(bench.token());
  bench.on(Closed{"bye"});
  bench.to_connected();
  EXPECT_EQ(bench.on(RenewNow{}), "disarm; mint");
}

TEST(Machine, ATimerOfAnEarlierArmDoesNotActButKeepsTheRest) {
  Bench bench;
  bench.to_connected();
  bench.pass(std::chrono::seconds(70));
  EXPECT_EQ(bench.on(TimerFired{}), "arm 2900000ms");
  EXPECT_EQ(bench.state(), State::connected);
}

// Every event in every state: nothing that does not fit may connect, mint or stop.
TEST(Machine, EventsThatDoNotFitTheStateAreHarmless) {
  struct Row {
    State state;
    void (*reach)(Bench&);
    std::vector<Event> strays;
  };
  const auto token = TokenReady{Monotonic(std::chrono::hours(1))};
  const auto refused = ConnectFailed{ConnectFailure::network, "stray"};
  const std::vector<Row> rows = {
      {State::stopped,
       [](Bench&) {},
       {token, TokenFailed{"x"}, Connected{}, refused, Closed{"x"}, WindowEmpty{}, AckOverdue{}, TimerFired{},
        RenewNow{}}},
      {State::waiting_for_time,
       [](Bench& b) { b.on(Start{}); },
       {token, TokenFailed{"x"}, Connected{}, refused, Closed{"x"}, WindowEmpty{}, AckOverdue{}, TimerFired{},
        RenewNow{}, TimeDoubted{}, Start{}}},
      {State::minting,
       [](Bench& b) { b.to_minting(); },
       {Connected{}, refused, Closed{"x"}, WindowEmpty{}, AckOverdue{}, TimerFired{}, RenewNow{}, TimeTrusted{}}},
      {State::connecting,
       [](Bench& b) { b.to_connecting(); },
       {token, TokenFailed{"x"}, Closed{"x"}, WindowEmpty{}, AckOverdue{}, TimerFired{}, RenewNow{}, TimeDoubted{}}},
      {State::connected,
       [](Bench& b) { b.to_connected(); },
       {token, TokenFailed{"x"}, Connected{}, refused, WindowEmpty{}, Start{}, TimeDoubted{}}},
      {State::draining,
       [](Bench& b) { b.to_draining(); },
       {token, TokenFailed{"x"}, Connected{}, refused, Start{}, RenewNow{}, TimeDoubted{}}},
      {State::backing_off,
       [](Bench& b) {
         b.to_connected();
         b.on(Closed{"lost"});
       },
       {token, TokenFailed{"x"}, Connected{}, refused, Closed{"x"}, WindowEmpty{}, AckOverdue{}, RenewNow{}}},
  };
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.strays.size(); ++i) {
      Bench bench;
      row.reach(bench);
      ASSERT_EQ(bench.state(), row.state);
      EXPECT_EQ(bench.on(row.strays[i]), "") << word(row.state) << ", stray " << i;
      EXPECT_EQ(bench.state(), row.state) << "stray " << i;
    }
  }
}

}  // namespace
}  // namespace vouchgate::session
