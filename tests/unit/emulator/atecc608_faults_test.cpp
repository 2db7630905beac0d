// Each fault as a driver would meet it, and the counts. Never by luck: orders are exact, chances are seeded.
#include "emulator/atecc608/faults.hpp"

#include <gtest/gtest.h>

#include "atecc608_bench.hpp"

namespace vouchgate::emulator::atecc608 {
namespace {

const Bytes digest(32, 0x5A);

struct Atecc608FaultsTest : ::testing::Test {
  Bench bench{jwt1(Part::atecc608b, true)};
  Faults& faults = bench.chip.faults();

  Bytes signature() {
    bench.sleep();
    const Bytes loaded = bench.run(0x16, 0x43, 0, digest);
    return loaded == Bytes{done} ? bench.run(0x41, 0xA0, 0) : loaded;
  }
};

TEST_F(Atecc608FaultsTest, ANackStrikesAsOftenAsOrderedAndNoWakePulse) {
  faults.inject(Fault::nack, 2, 1);
  bench.wake();
  EXPECT_TRUE(bench.rewind());
  EXPECT_FALSE(bench.rewind());
  EXPECT_TRUE(bench.read(4).empty());
  EXPECT_EQ(bench.read(4), bytes("04113343"));
  EXPECT_EQ(faults.injected(Fault::nack), 2U);
  EXPECT_FALSE(bench.chip.vanished());
}

TEST_F(Atecc608FaultsTest, ACrcErrorIsOnTheBusOnly) {
  bench.wake();
  faults.inject(Fault::crc_error);
  EXPECT_NE(bench.read(4), bytes("04113343"));
  bench.rewind();
  EXPECT_EQ(bench.read(4), bytes("04113343"));
}

TEST_F(Atecc608FaultsTest, ANoisyCommandIsRefusedOnce) {
  faults.inject(Fault::noisy_write);
  EXPECT_EQ(bench.run(0x30, 0, 0), Bytes{bad_checksum});
  EXPECT_EQ(bench.run(0x30, 0, 0).size(), 4U);
}

TEST_F(Atecc608FaultsTest, AShortReadLosesWhatComesBehindTheFirstByte) {
  bench.wake();
  faults.inject(Fault::short_read);
  EXPECT_EQ(bench.read(4), bytes("04ffffff"));
  EXPECT_EQ(bench.read(3), bytes("113343"));
}

TEST_F(Atecc608FaultsTest, ALostWakeNeedsAnotherPulse) {
  faults.inject(Fault::lost_wake);
  bench.wake();
  EXPECT_TRUE(bench.read(4).empty());
  bench.wake();
  EXPECT_EQ(bench.read(4), bytes("04113343"));
}

TEST_F(Atecc608FaultsTest, ABrownOutDoesNothingButForgets) {
  bench.run(0x16, 0x43, 0, digest);
  faults.inject(Fault::brown_out);
  EXPECT_EQ(bench.run(0x41, 0xA0, 0), Bytes{woke_up});
  EXPECT_EQ(bench.run(0x41, 0xA0, 0), Bytes{not_now});
  EXPECT_EQ(signature().size(), 64U);
}

TEST_F(Atecc608FaultsTest, ABrownOutTakesTheKeyThatWasBeingReplaced) {
  faults.inject(Fault::brown_out);
  EXPECT_EQ(bench.run(0x40, 4, 0), Bytes{woke_up});
  EXPECT_EQ(bench.run(0x30, 1, 0), bytes("00000000"));
}

TEST_F(Atecc608FaultsTest, ALostReplyHidesWhatWasDone) {
  faults.inject(Fault::lost_reply);
  EXPECT_EQ(bench.run(0x17, 0x02, 0), Bytes{woke_up});
  EXPECT_TRUE(bench.chip.state().slot_locked(0));
}

TEST_F(Atecc608FaultsTest, AnEccFaultIsGoneAtTheNextTry) {
  faults.inject(Fault::ecc_fault);
  EXPECT_EQ(signature(), Bytes{ecc_failed});
  EXPECT_EQ(signature().size(), 64U);
}

TEST_F(Atecc608FaultsTest, AnRngFailureStaysThroughIdleUntilSleep) {
  faults.inject(Fault::rng_failure);
  EXPECT_EQ(bench.run(0x1B, 0, 0), Bytes{rng_bad});
  bench.idle();
  EXPECT_EQ(bench.run(0x1B, 0, 0), Bytes{rng_bad});
  EXPECT_EQ(bench.run(0x30, 0, 0).size(), 4U);
  bench.sleep();
  EXPECT_EQ(bench.run(0x1B, 0, 0).size(), 32U);
}

TEST_F(Atecc608FaultsTest, TheWatchdogCodeStaysUntilIdle) {
  faults.inject(Fault::watchdog);
  EXPECT_EQ(bench.run(0x30, 0, 0), Bytes{too_late});
  EXPECT_EQ(bench.run(0x30, 0, 0), Bytes{too_late});
  bench.idle();
  EXPECT_EQ(bench.run(0x30, 0, 0).size(), 4U);
}

TEST_F(Atecc608FaultsTest, AStuckChipIsFreedByItsWatchdogOnly) {
  bench.wake();
  faults.inject(Fault::stuck_busy);
  ASSERT_TRUE(bench.send(packet(0x30, 0, 0)));
  bench.now += 690ms;
  EXPECT_EQ(bench.chip.power(bench.now), Power::busy);
  bench.now += 1010ms;
  EXPECT_EQ(bench.chip.power(bench.now), Power::asleep);
  EXPECT_EQ(bench.run(0x30, 0, 0).size(), 4U);
}

TEST_F(Atecc608FaultsTest, AFailedSelfTestRefusesAllUntilItPasses) {
  faults.inject(Fault::self_test);
  bench.wake();
  EXPECT_EQ(bench.read(4), bytes("040740C2"));
  EXPECT_EQ(bench.alone(0x30, 0, 0), Bytes{self_test_bad});
  EXPECT_EQ(bench.run(0x77, 0x3B, 0), Bytes{done});
  EXPECT_EQ(bench.run(0x30, 0, 0).size(), 4U);
}

TEST_F(Atecc608FaultsTest, AForeignWakeLeavesAChipWhoseAnswerIsRead) {
  bench.wake();
  faults.inject(Fault::foreign_wake);
  EXPECT_TRUE(bench.sleep());
  bench.now += 10ms;
  bench.wake();
  EXPECT_EQ(bench.read(4), bytes("ffffffff"));
  EXPECT_TRUE(bench.sleep());
  EXPECT_EQ(bench.run(0x30, 0, 0).size(), 4U);
}

TEST_F(Atecc608FaultsTest, AVanishedAdapterIsNoNack) {
  faults.inject(Fault::vanish, 3);
  bench.pulse();
  EXPECT_TRUE(bench.chip.vanished());
  bench.pulse();
  EXPECT_TRUE(bench.read(4).empty());
  EXPECT_TRUE(bench.chip.vanished());
  bench.wake();
  EXPECT_FALSE(bench.chip.vanished());
  EXPECT_EQ(bench.read(4), bytes("04113343"));
}

TEST_F(Atecc608FaultsTest, ChancesAreRepeatableAndCounted) {
  std::array<std::uint64_t, 2> counts{};
  for (std::uint64_t& count : counts) {
    Bench other(jwt1(Part::atecc608b, true));
    other.chip.faults().chance_of_everything(0.01);
    for (int i = 0; i < 1000; ++i, other.now += 10ms) {
      other.wake();
      other.send(packet(0x1B, 0, 0));
      other.now += 23ms;
      other.read(35);
      other.sleep();
    }
    count = other.chip.faults().injected();
    EXPECT_EQ(other.chip.faults().injected(Fault::vanish) + other.chip.faults().injected(Fault::self_test), 0U);
  }
  EXPECT_EQ(counts[0], counts[1]);
  EXPECT_GT(counts[0], 50U);
  EXPECT_LT(counts[0], 300U);
}

TEST_F(Atecc608FaultsTest, ClearEndsThemAndKeepsTheCounts) {
  faults.inject(Fault::lost_wake, 5);
  bench.wake();
  faults.clear();
  bench.wake();
  EXPECT_EQ(bench.chip.power(bench.now), Power::awake);
  EXPECT_EQ(faults.injected(), 1U);
}

TEST_F(Atecc608FaultsTest, NamesAreUnique) {
  for (std::size_t i = 0; i < fault_count; ++i)
    EXPECT_EQ(fault_named(name(static_cast<Fault>(i))), static_cast<Fault>(i));
  EXPECT_FALSE(fault_named("gremlin"));
}

}  // namespace
}  // namespace vouchgate::emulator::atecc608
