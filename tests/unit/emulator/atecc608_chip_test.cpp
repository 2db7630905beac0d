// The chip on its bus: who is acknowledged when, what the buffers hold, when the watchdog bites. Never waits.
#include "emulator/atecc608/chip.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "atecc608_bench.hpp"

namespace vouchgate::emulator::atecc608 {
namespace {

const Bytes digest(32, 0x5A);
const Bytes woken = bytes("04113343"), gone(4, 0xFF);

State provisioned() { return jwt1(Part::atecc608b, true); }

TEST(Atecc608ChipTest, AnswersNothingUntilItIsWokenAndReady) {
  Bench bench(provisioned());
  EXPECT_FALSE(bench.rewind());
  EXPECT_TRUE(bench.read(4).empty());
  bench.pulse();
  bench.now += 1499us;
  EXPECT_TRUE(bench.read(4).empty());
  EXPECT_FALSE(bench.sleep());
  bench.now += 1us;
  EXPECT_EQ(bench.read(4), woken);
}

TEST(Atecc608ChipTest, AFastBusCannotWakeIt) {
  for (const auto& [hz, expected] : {std::pair(100'000U, Power::awake),
                                     {133'333U, Power::awake},
                                     {133'334U, Power::asleep},
                                     {400'000U, Power::asleep}}) {
    Settings settings;
    settings.bus_hz = hz;
    Bench bench(provisioned(), settings);
    bench.wake();
    EXPECT_EQ(bench.chip.power(bench.now), expected) << hz;
  }
}

TEST(Atecc608ChipTest, OnlyItsOwnAddressIsAcknowledged) {
  Bench bench(provisioned());
  bench.wake();
  for (unsigned address = 0; address < 128; ++address)
    EXPECT_EQ(bench.chip.write(static_cast<std::uint8_t>(address), Bytes{0}, bench.now), address == 0x60) << address;
}

TEST(Atecc608ChipTest, TheSelfTestAtPowerOnTakesTwentyMilliseconds) {
  State state = provisioned();
  state.config[90] |= 1;
  Bench bench(state);
  bench.wake();
  EXPECT_TRUE(bench.read(4).empty());
  bench.now += 18'500us;
  EXPECT_EQ(bench.read(4), woken);
}

TEST(Atecc608ChipTest, OneReplyIsReadInPiecesAndAgainAfterARewind) {
  Bench bench(provisioned());
  bench.wake();
  EXPECT_EQ(bench.read(1), Bytes{0x04});
  EXPECT_EQ(bench.read(5), bytes("113343ffff"));
  EXPECT_EQ(bench.read(4), gone);
  EXPECT_TRUE(bench.rewind());
  EXPECT_EQ(bench.read(4), woken);
}

TEST(Atecc608ChipTest, ASecondWakePulseChangesNothing) {
  Bench bench(provisioned());
  bench.wake();
  EXPECT_EQ(bench.exchange(packet(0x30, 0, 0)), bytes("07000060 0383BB"));
  bench.pulse();
  EXPECT_EQ(bench.read(4), gone);
  EXPECT_TRUE(bench.rewind());
  EXPECT_EQ(bench.read(7), bytes("07000060 0383BB"));
}

TEST(Atecc608ChipTest, ACommandMayComeInSeveralWritesAndNothingIsReadBetween) {
  Bench bench(provisioned());
  bench.wake();
  EXPECT_TRUE(bench.send(bytes("0730")));
  EXPECT_TRUE(bench.read(1).empty());
  EXPECT_TRUE(bench.send(bytes("0000")));
  EXPECT_TRUE(bench.send(bytes("00035D99")));  // what is beyond the count does not matter
  EXPECT_EQ(bench.reply(), bytes("07000060 0383BB"));
}

TEST(Atecc608ChipTest, ARewindDropsACommandThatIsNotComplete) {
  Bench bench(provisioned());
  bench.wake();
  EXPECT_TRUE(bench.send(bytes("0730")));
  EXPECT_TRUE(bench.rewind());
  EXPECT_EQ(bench.exchange(bytes("07300000 00035D")), bytes("07000060 0383BB"));
}

TEST(Atecc608ChipTest, RefusesWrongChecksumsAndImpossibleCounts) {
  Bench bench(provisioned());
  bench.wake();
  EXPECT_EQ(bench.exchange(bytes("07300000 00035C")), bytes("04FF0142"));
  EXPECT_EQ(bench.exchange(bytes("06300000 0003")), bytes("04038342"));
  EXPECT_EQ(bench.exchange(bytes("FF300000 0003")), bytes("04038342"));
}

TEST(Atecc608ChipTest, WordAddressesItDoesNotKnowAreNotAcknowledged) {
  Bench bench(provisioned());
  bench.wake();
  EXPECT_FALSE(bench.word(4));
  EXPECT_FALSE(bench.chip.write(0x60, bytes("0101"), bench.now));
  EXPECT_EQ(bench.chip.power(bench.now), Power::awake);
}

TEST(Atecc608ChipTest, ABusyChipAcknowledgesNothing) {
  Bench bench(provisioned());
  bench.run(0x16, 0x43, 0, digest);
  ASSERT_TRUE(bench.send(packet(0x41, 0xA0, 0)));
  EXPECT_EQ(bench.chip.power(bench.now), Power::busy);
  bench.now += 61ms;
  EXPECT_FALSE(bench.sleep());
  EXPECT_FALSE(bench.rewind());
  EXPECT_TRUE(bench.read(1).empty());
  bench.pulse();
  bench.now += 54ms;  // 115 ms at most
  EXPECT_EQ(bench.read(1), Bytes{67});
}

TEST(Atecc608ChipTest, ADigestSurvivesIdleButNotSleep) {
  Bench bench(provisioned());
  bench.run(0x16, 0x43, 0, digest);
  EXPECT_TRUE(bench.idle());
  EXPECT_TRUE(bench.read(4).empty());
  EXPECT_EQ(bench.run(0x41, 0xA0, 0).size(), 64U);
  bench.run(0x16, 0x43, 0, digest);
  bench.sleep();
  EXPECT_EQ(bench.run(0x41, 0xA0, 0), Bytes{not_now});
}

TEST(Atecc608ChipTest, TheWatchdogEndsEveryWindowWithinItsLimits) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Settings settings;
    settings.seed = seed;
    Bench bench(provisioned(), settings);
    bench.pulse();
    bench.now += 699ms;
    EXPECT_EQ(bench.chip.power(bench.now), Power::awake) << seed;
    bench.now += 1001ms;
    EXPECT_EQ(bench.chip.power(bench.now), Power::asleep) << seed;
  }
}

TEST(Atecc608ChipTest, ChipModeMakesTheWatchdogTenTimesLonger) {
  State state = provisioned();
  state.config[19] |= 4;
  Bench bench(state);
  bench.pulse();
  bench.now += 7500ms;
  EXPECT_EQ(bench.chip.power(bench.now), Power::awake);
  bench.now += 9600ms;
  EXPECT_EQ(bench.chip.power(bench.now), Power::asleep);
}

TEST(Atecc608ChipTest, ACommandThatTheWatchdogCouldEndIsRefusedUntilANewWindow) {
  Bench bench(provisioned());
  bench.wake();
  Bytes last;
  for (int steps = 0; steps < 1700 && last != Bytes{too_late}; ++steps, bench.now += 1ms) {
    ASSERT_EQ(bench.chip.power(bench.now), Power::awake) << "asleep without a warning";
    last = bench.run(0x41, 0xA0, 0);  // no digest: 0F, until it is too late for a signature
  }
  EXPECT_EQ(last, Bytes{too_late});
  EXPECT_TRUE(bench.idle());
  EXPECT_EQ(bench.run(0x41, 0xA0, 0), Bytes{not_now});
}

TEST(Atecc608ChipTest, RunTimesLieBetweenTypicalAndLongest) {
  Bench bench(provisioned());
  Time least = 1s, most = 0s, sum = 0s;
  for (int i = 0; i < 200; ++i) {
    bench.wake();
    ASSERT_TRUE(bench.send(packet(0x1B, 0, 0)));
    const Time begun = bench.now;
    while (bench.chip.power(bench.now) == Power::busy) bench.now += 10us;
    const Time took = bench.now - begun;
    least = std::min(least, took), most = std::max(most, took), sum += took;
    bench.sleep();
  }
  EXPECT_GE(least, 15ms);
  EXPECT_LE(most, 23ms + 10us);
  EXPECT_GT(most - least, 4ms);
  EXPECT_LT(sum / 200, 18ms);
}

TEST(Atecc608ChipTest, ANewAddressCountsFromTheNextWake) {
  Bench bench(blank(Part::atecc608b));
  ASSERT_EQ(bench.run(0x12, 0, 0x0004, bytes("6A000000")), Bytes{done});
  EXPECT_EQ(bench.run(0x30, 0, 0).size(), 4U);
  bench.sleep();
  bench.wake();
  EXPECT_TRUE(bench.read(4).empty());
  bench.address = 0x35;
  EXPECT_EQ(bench.read(4), woken);
}

TEST(Atecc608ChipTest, TheAddressOfUpdateExtraCountsWhereChipModeSaysSo) {
  State state = jwt1(Part::atecc608b, true);
  state.config[19] |= 1;
  Bench bench(state);
  EXPECT_EQ(bench.address, 0x60);
  EXPECT_EQ(bench.run(0x20, 1, 0x6A), Bytes{done});
  EXPECT_EQ(bench.run(0x20, 1, 0x6C), Bytes{not_now});
  EXPECT_EQ(bench.chip.state().address(), 0x35);
}

TEST(Atecc608ChipTest, StoresEveryLastingChangeAndNothingElse) {
  int stored = 0;
  Settings settings;
  settings.store = [&](const State& state) { stored += state.keys[1] ? 1 : 0; };
  Bench bench(jwt1(Part::atecc608b, true), settings);
  bench.run(0x30, 0, 0);
  bench.run(0x16, 0x43, 0, digest);
  bench.run(0x41, 0xA0, 0);
  EXPECT_EQ(stored, 0);
  ASSERT_TRUE(bench.send(packet(0x40, 4, 1)));
  EXPECT_EQ(stored, 1) << "before anybody can read the reply";
}

}  // namespace
}  // namespace vouchgate::emulator::atecc608
