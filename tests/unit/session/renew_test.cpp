// Life with a session: the swap, the dead session, the doubted clock.
#include <gtest/gtest.h>

#include "bench.hpp"

namespace vouchgate::session {
namespace {

TEST(Renew, MintsAheadWhileTrafficStaysOpenThenSwaps) {
  Bench bench;
  bench.to_connected();
  EXPECT_FALSE(bench.machine.renewing());
  EXPECT_EQ(bench.timer(), "mint");
  EXPECT_EQ(bench.state(), State::connected);
  EXPECT_TRUE(bench.machine.renewing());
  EXPECT_EQ(bench.on(bench.token()), "swap_started; arm 2000ms; hold");
  EXPECT_EQ(bench.state(), State::draining);
  EXPECT_EQ(bench.on(WindowEmpty{}), "disarm; disconnect");
  EXPECT_EQ(bench.state(), State::closing);
  EXPECT_EQ(bench.on(Closed{"bye"}), "close; connect 0");
  EXPECT_TRUE(bench.machine.renewing());
  EXPECT_EQ(bench.on(Connected{}), "arm 2970000ms; open");
  EXPECT_FALSE(bench.machine.renewing());
}

TEST(Renew, ADrainEndsAtItsLimit) {
  Bench bench;
  bench.to_draining();
  EXPECT_EQ(bench.timer(), "disconnect");
  EXPECT_EQ(bench.on(WindowEmpty{}), "");
  EXPECT_EQ(bench.on(Closed{"bye"}), "close; connect 0");
}

TEST(Renew, ASessionThatEndsInTheDrainIsReplacedAtOnce) {
  Bench bench;
  bench.to_draining();
  EXPECT_EQ(bench.on(Closed{"server went first"}), "close; disarm; connect 0");
  EXPECT_EQ(bench.on(Closed{"again"}), "");
}

TEST(Renew, StaysOnTheEndpointThatWorkedAndMintsAgainForAnother) {
  Bench bench(2);
  bench.to_connecting();
  bench.on(ConnectFailed{ConnectFailure::network, "no"});
  bench.on(bench.token());
  bench.on(Connected{});
  bench.timer();
  bench.on(bench.token());
  bench.on(WindowEmpty{});
  EXPECT_EQ(bench.on(Closed{"bye"}), "close; connect 1");
  EXPECT_EQ(bench.on(ConnectFailed{ConnectFailure::network, "no"}), "connect_failed 'no'; mint");
  EXPECT_TRUE(bench.machine.renewing());
  EXPECT_EQ(bench.on(bench.token()), "connect 0");
  EXPECT_EQ(bench.on(ConnectFailed{ConnectFailure::network, "no"}), "connect_failed 'no' in 1500ms; arm 1500ms");
  EXPECT_FALSE(bench.machine.renewing());
}

TEST(Renew, ASwapThatRunsIntoADoubtedClockIsNoLongerPlanned) {
  Bench bench(2);
  bench.to_draining();
  bench.on(Closed{"bye"});
  bench.on(TimeDoubted{});
  bench.on(ConnectFailed{ConnectFailure::network, "no"});
  EXPECT_EQ(bench.state(), State::waiting_for_time);
  EXPECT_FALSE(bench.machine.renewing());
}

TEST(Renew, AFailedMintAheadIsRepeatedWhileTheSessionStays) {
  Bench bench;
  bench.to_connected();
  bench.timer();
  EXPECT_EQ(bench.on(TokenFailed{"lockout"}), "token_failed 'lockout' in 1500ms; arm 1500ms");
  EXPECT_EQ(bench.state(), State::connected);
  EXPECT_EQ(bench.timer(), "mint");
  EXPECT_EQ(bench.on(TokenFailed{"lockout"}), "token_failed 'lockout' in 2500ms; arm 2500ms");
  EXPECT_EQ(bench.on(Closed{"expired"}), "close; session_lost 'expired' in 1500ms; arm 1500ms");
}

TEST(Renew, AnOperatorMayAskOnceAtATime) {
  Bench bench;
  EXPECT_EQ(bench.on(RenewNow{}), "");
  bench.to_connected();
  EXPECT_EQ(bench.on(RenewNow{}), "disarm; mint");
  EXPECT_EQ(bench.on(RenewNow{}), "");
  bench.on(bench.token());
  EXPECT_EQ(bench.on(RenewNow{}), "");
  EXPECT_EQ(bench.state(), State::draining);
}

TEST(Renew, ADoubtedClockKeepsTheSessionAndPutsRenewalOff) {
  Bench bench;
  bench.to_connected();
  EXPECT_EQ(bench.on(TimeDoubted{}), "");
  EXPECT_EQ(bench.timer(), "");
  EXPECT_EQ(bench.state(), State::connected);
  EXPECT_EQ(bench.on(TimeTrusted{}), "mint");
  EXPECT_EQ(bench.on(bench.token()), "swap_started; arm 2000ms; hold");
}

TEST(Renew, AMintAheadUnderWayWhenTheClockIsDoubtedIsDoneAgain) {
  Bench bench;
  bench.to_connected();
  bench.timer();
  EXPECT_EQ(bench.on(TimeDoubted{}), "");
  EXPECT_EQ(bench.on(bench.token()), "") << "its iat may be decades off";
  EXPECT_EQ(bench.state(), State::connected);
  EXPECT_EQ(bench.on(TimeTrusted{}), "mint");
  EXPECT_EQ(bench.on(bench.token()), "swap_started; arm 2000ms; hold");
}

TEST(Renew, AVoidMintAheadAnsweredAfterTheClockIsTrustedAgainIsDoneAgain) {
  Bench bench;
  bench.to_connected();
  bench.timer();
  bench.on(TimeDoubted{});
  EXPECT_EQ(bench.on(TimeTrusted{}), "");
  EXPECT_EQ(bench.on(TokenFailed{"late"}), "mint");
  EXPECT_EQ(bench.on(bench.token()), "swap_started; arm 2000ms; hold");
}

TEST(Renew, AStepOfTheClockSwapsTheTokenAtOnce) {
  Bench bench;
  bench.to_connected();
  bench.pass(std::chrono::seconds(1));
  EXPECT_EQ(bench.on(ClockStepped{}), "disarm; mint");
  EXPECT_EQ(bench.on(bench.token()), "swap_started; arm 2000ms; hold");
}

TEST(Renew, AStepWhileATokenIsMintedAheadMakesItAnew) {
  Bench bench;
  bench.to_connected();
  bench.timer();
  EXPECT_EQ(bench.on(ClockStepped{}), "");
  EXPECT_EQ(bench.on(bench.token()), "mint");
  EXPECT_EQ(bench.on(bench.token()), "swap_started; arm 2000ms; hold");
}

TEST(Renew, AStepWhileTheWindowDrainsMakesTheTokenInHandAnew) {
  Bench bench;
  bench.to_draining();
  EXPECT_EQ(bench.on(ClockStepped{}), "");
  EXPECT_EQ(bench.on(WindowEmpty{}), "disarm; disconnect");
  EXPECT_EQ(bench.on(Closed{""}), "close; mint");
  EXPECT_EQ(bench.on(bench.token()), "connect 0");
}

TEST(Renew, AStepDuringConnectIsFollowedByASwap) {
  Bench bench;
  bench.to_connecting();
  EXPECT_EQ(bench.on(ClockStepped{}), "");
  EXPECT_EQ(bench.on(Connected{}), "arm 1000ms; open");
  EXPECT_EQ(bench.timer(), "mint");
}

TEST(Renew, TriesToMintAheadComeCloserTogetherTowardsTheExpiry) {
  Bench bench;
  bench.to_connected();
  bench.timer();
  int tries = 0;
  while (bench.now < *bench.machine.token_expires()) {
    bench.on(TokenFailed{"chip"});
    bench.timer();
    ++tries;
  }
  EXPECT_GE(tries, 12) << "with ten minutes to go and pauses of up to two";
}

TEST(Renew, ThreeSessionsInARowThatEndWithinAMinuteAreSaidOnce) {
  Bench bench;
  bench.to_connected();
  std::string said;
  for (int i = 0; i < 8; ++i) {
    bench.pass(std::chrono::seconds(5));
    said += bench.on(Closed{"closed"});
    bench.timer();
    bench.on(bench.token());
    bench.on(Connected{});
  }
  EXPECT_EQ(said.find("short_lived '3'"), said.rfind("short_lived"));
  EXPECT_NE(said.find("short_lived"), std::string::npos);
}

TEST(Renew, ATokenThatIsDueWhenIssuedDoesNotMakeSwapsSpin) {
  Bench bench;
  bench.to_minting();
  bench.on(TokenReady{bench.now - std::chrono::hours(1)});
  EXPECT_EQ(bench.on(Connected{}), "arm 1000ms; open");
}

TEST(Renew, TheSpreadIsATenthOfTheMarginAtMost) {
  Bench early(1, 0.9999999);
  early.to_connected();
  EXPECT_EQ(std::chrono::round<std::chrono::seconds>(*early.machine.timer_due() - early.now), std::chrono::minutes(49));
  Bench late(1, 0.0);
  late.to_connected();
  EXPECT_EQ(*late.machine.timer_due() - late.now, std::chrono::minutes(50));
}

TEST(Renew, AnOverdueAckEndsTheSessionAndBacksOff) {
  Bench bench(2);
  bench.to_connected();
  EXPECT_EQ(bench.on(AckOverdue{}), "ack_overdue 'no PUBACK in time' in 1500ms; close; disarm; disconnect");
  EXPECT_EQ(bench.state(), State::closing);
  bench.pass(Duration(400));
  EXPECT_EQ(bench.on(Closed{"dead"}), "arm 1100ms");
  EXPECT_EQ(bench.on(Closed{"dead"}), "");
  EXPECT_EQ(bench.state(), State::backing_off);
  EXPECT_EQ(bench.timer(), "mint");
}

TEST(Renew, AnOverdueAckInTheDrainGoesOnWithTheSwap) {
  Bench bench;
  bench.to_draining();
  EXPECT_EQ(bench.on(AckOverdue{}), "disarm; disconnect");
  EXPECT_EQ(bench.on(Closed{"dead"}), "close; connect 0");
}

TEST(Renew, TrafficIsClosedExactlyOncePerSession) {
  Bench bench;
  bench.to_connected();
  EXPECT_NE(bench.on(AckOverdue{}).find("close"), std::string::npos);
  EXPECT_EQ(bench.on(Closed{"dead"}).find("close"), std::string::npos);
}

TEST(Renew, AStepThatGoesThroughDoubtMakesTheTokenInHandAnew) {
  Bench bench;
  bench.to_draining();
  bench.on(WindowEmpty{});
  bench.on(TimeDoubted{});
  bench.on(TimeTrusted{});
  EXPECT_EQ(bench.on(Closed{""}), "close; mint");
}

TEST(Renew, StepsInARowDoNotMakeSwapsSpin) {
  Bench bench;
  bench.to_connected();
  bench.pass(Duration(300));
  EXPECT_EQ(bench.on(ClockStepped{}), "arm 700ms") << "a second between sessions at least";
  bench.pass(Duration(300));
  EXPECT_EQ(bench.on(ClockStepped{}), "arm 400ms");
  EXPECT_EQ(bench.timer(), "mint");
}

TEST(Renew, AnExpiredTokenIsNoReasonToHammerTheKey) {
  Bench bench;
  bench.to_connected();
  bench.timer();
  bench.pass(std::chrono::hours(2));  // a cloud that does not end sessions at exp
  Duration pause{};
  for (int i = 0; i < 10; ++i) {
    bench.on(TokenFailed{"lockout"});
    pause = std::chrono::ceil<Duration>(*bench.machine.timer_due() - bench.now);
    bench.timer();
  }
  EXPECT_GE(pause, std::chrono::seconds(60)) << "the backoff, at its cap";
}

TEST(Renew, ShortLivesThatAreNotInARowNameNobody) {
  Bench bench;
  bench.to_connected();
  const auto kick = [&] {
    bench.pass(std::chrono::seconds(5));
    return bench.on(Closed{"closed"});
  };
  const auto come_back = [&] {
    bench.timer();
    bench.on(bench.token());
    bench.on(Connected{});
  };
  for (int i = 0; i < 2; ++i) {
    kick();
    come_back();
  }
  bench.timer();  // a long life, and a planned swap at its end
  bench.on(bench.token());
  bench.on(WindowEmpty{});
  bench.on(Closed{"bye"});
  bench.on(Connected{});
  EXPECT_EQ(kick(), "close; session_lost 'closed' in 1500ms; arm 1500ms");
}

}  // namespace
}  // namespace vouchgate::session
