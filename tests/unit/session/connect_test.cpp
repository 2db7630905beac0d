// The way to a session: which token, which endpoint, which pause.
#include <gtest/gtest.h>

#include <set>

#include "bench.hpp"

namespace vouchgate::session {
namespace {

ConnectFailed failed(ConnectFailure failure) { return {failure, "no"}; }

TEST(Connect, StartMintsThenConnectsThenOpensTraffic) {
  Bench bench;
  EXPECT_EQ(bench.on(TimeTrusted{}), "");
  EXPECT_EQ(bench.on(Start{}), "mint");
  EXPECT_EQ(bench.state(), State::minting);
  EXPECT_EQ(bench.on(bench.token()), "connect 0");
  EXPECT_EQ(bench.state(), State::connecting);
  // 60 min of life, 10 min ahead, half of a tenth of ten minutes for the spread.
  EXPECT_EQ(bench.on(Connected{}), "arm 2970000ms; open");
  EXPECT_EQ(bench.state(), State::connected);
  EXPECT_EQ(bench.machine.token_expires(), bench.now + std::chrono::hours(1));
}

TEST(Connect, NoTokenIsMintedBeforeTheTimeIsTrusted) {
  Bench bench;
  EXPECT_EQ(bench.on(Start{}), "waiting_for_time 'the clock is wrong; no token is signed until time is known'");
  EXPECT_EQ(bench.state(), State::waiting_for_time);
  EXPECT_EQ(bench.on(TimeTrusted{}), "waiting_for_time; mint");
  EXPECT_EQ(bench.on(TimeTrusted{}), "");
}

TEST(Connect, ATokenMintedWhileTheClockWasDoubtedIsNotUsed) {
  Bench bench;
  bench.to_minting();
  bench.on(TimeDoubted{});
  EXPECT_EQ(bench.state(), State::waiting_for_time);
  EXPECT_EQ(bench.on(TimeTrusted{}), "waiting_for_time") << "the open Mint must be answered first";
  EXPECT_EQ(bench.on(bench.token()), "mint");
  EXPECT_EQ(bench.on(bench.token()), "connect 0");
}

TEST(Connect, AVoidTokenThatComesWhileTheClockIsStillDoubtedIsDropped) {
  Bench bench;
  bench.to_minting();
  bench.on(TimeDoubted{});
  EXPECT_EQ(bench.on(bench.token()), "");
  EXPECT_EQ(bench.on(TimeTrusted{}), "waiting_for_time; mint");
}

TEST(Connect, NewEndpointsBeginWithTheFirstWhateverBecomesOfTheConnectToAnOldOne) {
  Bench bench(3);
  bench.to_connecting();
  bench.machine.reconfigure(Bench::settings(2), true);
  EXPECT_EQ(bench.on(failed(ConnectFailure::network)), "connect_failed 'no'; mint") << "not a try of the new round";
  EXPECT_EQ(bench.on(bench.token()), "connect 0");
  EXPECT_EQ(bench.on(failed(ConnectFailure::network)), "connect_failed 'no'; mint");
  EXPECT_EQ(bench.on(bench.token()), "connect 1");
}

TEST(Connect, AnAnswerOfAnOldEndpointIsPausedForBeforeTheFirstNewOne) {
  Bench bench(3);
  bench.to_connecting();
  bench.machine.reconfigure(Bench::settings(2), true);
  EXPECT_EQ(bench.on(failed(ConnectFailure::server)), "connect_failed 'no' in 1500ms; arm 1500ms");
  bench.timer();
  EXPECT_EQ(bench.on(bench.token()), "connect 0");
}

TEST(Connect, ABackoffThatEndsWhileTheClockIsDoubtedWaitsForTime) {
  Bench bench;
  bench.to_connecting();
  bench.on(failed(ConnectFailure::network));
  EXPECT_EQ(bench.on(TimeDoubted{}), "");
  bench.timer();
  EXPECT_EQ(bench.state(), State::waiting_for_time);
}

TEST(Connect, AFailedMintBacksOff) {
  Bench bench;
  bench.to_minting();
  EXPECT_EQ(bench.on(TokenFailed{"tpm away"}), "token_failed 'tpm away' in 1500ms; arm 1500ms");
  EXPECT_EQ(bench.state(), State::backing_off);
  EXPECT_EQ(bench.timer(), "mint");
  EXPECT_EQ(bench.on(TokenFailed{"tpm away"}), "token_failed 'tpm away' in 2500ms; arm 2500ms");
}

TEST(Connect, ANetworkFailureTriesTheNextEndpointAtOnceWithAFreshToken) {
  for (const auto failure : {ConnectFailure::network, ConnectFailure::tls}) {
    Bench bench(3);
    bench.to_connecting();
    EXPECT_EQ(bench.on(failed(failure)), "connect_failed 'no'; mint");
    EXPECT_EQ(bench.on(bench.token()), "connect 1");
    EXPECT_EQ(bench.on(failed(failure)), "connect_failed 'no'; mint");
    EXPECT_EQ(bench.on(bench.token()), "connect 2");
    EXPECT_EQ(bench.on(failed(failure)), "connect_failed 'no' in 1500ms; arm 1500ms") << "a full round backs off";
    EXPECT_EQ(bench.timer(), "mint");
    EXPECT_EQ(bench.on(bench.token()), "connect 0");
  }
}

TEST(Connect, ARefusalBacksOffAndStaysAtTheFirstEndpoint) {
  for (const auto failure : {ConnectFailure::credentials, ConnectFailure::identifier, ConnectFailure::local}) {
    Bench bench(2);
    bench.to_connecting();
    EXPECT_EQ(bench.on(failed(failure)), "connect_failed 'no' in 1500ms; arm 1500ms");
    EXPECT_EQ(bench.state(), State::backing_off);
    EXPECT_EQ(bench.timer(), "mint");
    EXPECT_EQ(bench.on(bench.token()), "connect 0");
  }
}

TEST(Connect, AnUnavailableCloudIsTriedAtItsNextEndpointAfterAPause) {
  Bench bench(2);
  bench.to_connecting();
  EXPECT_EQ(bench.on(failed(ConnectFailure::server)), "connect_failed 'no' in 1500ms; arm 1500ms");
  bench.timer();
  EXPECT_EQ(bench.on(bench.token()), "connect 1");
}

TEST(Connect, NoTwoConnectsWithoutAMintBetween) {
  Bench bench(2);
  bench.to_minting();
  int minted = 1;
  int connects = 0;
  const auto count = [&](const std::string& line) {
    if (line.find("mint") != std::string::npos) ++minted;
    if (line.find("connect ") != std::string::npos) ++connects;
    EXPECT_LE(connects, minted) << line;
  };
  for (int round = 0; round < 20; ++round) {
    if (bench.state() == State::minting) count(bench.on(bench.token()));
    if (bench.state() == State::connecting) {
      const auto line = bench.on(failed(round % 3 == 0 ? ConnectFailure::credentials : ConnectFailure::network));
      EXPECT_EQ(line.find("connect 0"), std::string::npos);
      if (line.find("mint") != std::string::npos) ++minted;
    }
    if (bench.state() == State::backing_off) count(bench.timer());
  }
  EXPECT_GT(connects, 10);
}

TEST(Connect, PausesGrowToTheCapAndNeverFallBelowASecond) {
  for (const double random01 : {0.0, 0.999999}) {
    Bench bench(1, random01);
    bench.to_connecting();
    Duration longest{};
    for (int attempt = 0; attempt < 40; ++attempt) {
      bench.on(failed(ConnectFailure::network));
      const auto pause = std::chrono::ceil<Duration>(*bench.machine.timer_due() - bench.now);
      EXPECT_GE(pause, std::chrono::seconds(1));
      EXPECT_LE(pause, std::chrono::seconds(120));
      longest = std::max(longest, pause);
      bench.timer();
      bench.on(bench.token());
    }
    EXPECT_GE(longest, random01 > 0.5 ? std::chrono::seconds(119) : std::chrono::seconds(1));
  }
}

TEST(Connect, ASessionLostRightAfterItsConnackBacksOffMoreEachTime) {
  Bench bench(1, 0.0);
  Bench slow(1, 0.5);
  for (Bench* each : {&bench, &slow}) each->to_connected();
  EXPECT_EQ(bench.on(Closed{"kicked"}), "close; session_lost 'kicked' in 1000ms; arm 1000ms");
  EXPECT_EQ(slow.on(Closed{"kicked"}), "close; session_lost 'kicked' in 1500ms; arm 1500ms");
  slow.timer();
  slow.on(slow.token());
  slow.on(Connected{});
  slow.pass(std::chrono::seconds(29));
  EXPECT_EQ(slow.on(Closed{"kicked"}), "close; session_lost 'kicked' in 2500ms; arm 2500ms");
}

TEST(Connect, ASessionThatLivedLongForgetsTheBackoff) {
  Bench bench(2);
  bench.to_connecting();
  bench.on(failed(ConnectFailure::credentials));
  bench.timer();
  bench.on(bench.token());
  bench.on(Connected{});
  bench.pass(std::chrono::seconds(30));
  EXPECT_EQ(bench.on(Closed{"gone"}), "close; session_lost 'gone' in 1500ms; arm 1500ms");
}

TEST(Connect, AfterALossTheFirstEndpointComesFirst) {
  Bench bench(2);
  bench.to_connecting();
  bench.on(failed(ConnectFailure::network));
  bench.on(bench.token());
  bench.on(Connected{});
  EXPECT_EQ(bench.machine.endpoint(), 1u);
  bench.on(Closed{"gone"});
  EXPECT_EQ(bench.timer(), "mint");
  EXPECT_EQ(bench.on(bench.token()), "connect 0");
}

TEST(Connect, AMintStillOpenFromTheLostSessionIsAwaitedNotRepeated) {
  Bench bench;
  bench.to_connected();
  EXPECT_EQ(bench.on(RenewNow{}), "disarm; mint");
  bench.on(Closed{"gone"});
  EXPECT_EQ(bench.timer(), "");
  EXPECT_EQ(bench.state(), State::minting);
  EXPECT_EQ(bench.on(bench.token()), "connect 0");
}

TEST(Connect, EveryStateHasItsOwnWord) {
  std::set<std::string> words;
  for (int state = 0; state <= static_cast<int>(State::backing_off); ++state)
    words.insert(word(static_cast<State>(state)));
  EXPECT_EQ(words.size(), 8u);
  EXPECT_STREQ(word(State::waiting_for_time), "waiting-for-time");
}

TEST(Connect, StepsInARowDoNotPutTheNextTryOff) {
  Bench bench;
  bench.to_connecting();
  bench.on(failed(ConnectFailure::credentials));
  EXPECT_EQ(bench.on(ClockStepped{}), "arm 1000ms");
  bench.pass(Duration(900));
  EXPECT_EQ(bench.on(ClockStepped{}), "arm 100ms");
  EXPECT_EQ(bench.timer(), "mint");
}

}  // namespace
}  // namespace vouchgate::session
