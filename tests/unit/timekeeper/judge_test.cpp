// The verdict as a table, and the file of the kept time.
#include "vouchgate/timekeeper/judge.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "temporary_directory.hpp"
#include "timekeeper/kept_time.hpp"
#include "virtual_time.hpp"
#include "vouchgate/timekeeper/timekeeper.hpp"

namespace vouchgate::timekeeper {
namespace {

using namespace std::chrono_literals;
constexpr auto year = 24h * 365;

const WallTime built = WallTime(56 * year);

TEST(Judge, BeforeTheBuildIsWrongWhateverTheKernelSays) {
  EXPECT_EQ(judge({WallTime(192s), built, {}, {}, false}).confidence, TimeConfidence::wrong);
  EXPECT_EQ(judge({WallTime(192s), built, {}, {}, true}).confidence, TimeConfidence::wrong);
  EXPECT_EQ(judge({WallTime(192s), built, {}, {}, false}).reason, "1970-01-01T00:03:12Z: before this build");
}
TEST(Judge, BeforeAKeptTimeIsWrongUnlessTheKernelIsSure) {
  const auto kept = built + year;
  EXPECT_EQ(judge({kept - 1h, built, kept, {}, false}).confidence, TimeConfidence::wrong);
  EXPECT_EQ(judge({kept - 5min, built, kept, {}, false}).confidence, TimeConfidence::plausible);
  EXPECT_EQ(judge({kept - 1h, built, kept, {}, true}).confidence, TimeConfidence::synchronised);
}
TEST(Judge, BeforeWhatTheChipHasCountedIsWrong) {
  const auto kept = built + year;
  const auto verdict = judge({kept + 1h, built, kept, kept + 48h, false});
  EXPECT_EQ(verdict.confidence, TimeConfidence::wrong);
  EXPECT_NE(verdict.reason.find("by the TPM's clock"), std::string::npos);
}
TEST(Judge, DecadesAheadOfEverythingKnownIsWrongUnlessTheKernelIsSure) {
  const auto verdict = judge({built + 14 * year, built, {}, {}, false});
  EXPECT_EQ(verdict.confidence, TimeConfidence::wrong);
  EXPECT_NE(verdict.reason.find("14 years after the last known time"), std::string::npos);
  EXPECT_EQ(judge({built + 14 * year, built, {}, {}, true}).confidence, TimeConfidence::synchronised);
  EXPECT_EQ(judge({built + 14 * year, built, built + 8 * year, {}, false}).confidence, TimeConfidence::plausible);
}

TEST(KeptTime, ComesBackAsItWasWritten) {
  const support::TemporaryDirectory directory;
  const std::string path = directory.path() + "/clock";
  EXPECT_FALSE(read_kept(path));
  ASSERT_TRUE(write_kept(path, {built, 1234ms}));
  EXPECT_EQ(read_kept(path)->wall, built);
  EXPECT_EQ(read_kept(path)->chip, 1234ms);
  ASSERT_TRUE(write_kept(path, {built + 1h, {}}));
  EXPECT_FALSE(read_kept(path)->chip);
  EXPECT_FALSE(write_kept(directory.path() + "/absent/clock", {built, {}}));
}
TEST(KeptTime, RubbishIsNoTime) {
  const support::TemporaryDirectory directory;
  for (const char* text : {"", "x", "-5", "99999999999999999999", "0"}) {
    std::ofstream(directory.path() + "/clock") << text;
    EXPECT_FALSE(read_kept(directory.path() + "/clock")) << text;
  }
}

struct Box {
  support::TemporaryDirectory directory;
  support::VirtualTime time;
  asio::io_context loop;
  std::unique_ptr<Timekeeper> start(WallTime of = WallTime{}) {
    return make(loop, time, directory.path() + "/clock", of);
  }
};

TEST(Timekeeper, RemembersOnlyATimeThatWasConfirmed) {
  Box box;
  box.start()->judge();
  const bool synchronised = box.start()->judge().confidence == TimeConfidence::synchronised;
  EXPECT_EQ(std::filesystem::exists(box.directory.path() + "/clock"), synchronised);
  box.start()->confirmed();
  EXPECT_TRUE(std::filesystem::exists(box.directory.path() + "/clock"));
  box.time.step_wall(-24h);
  const auto after = box.start()->judge();
  EXPECT_TRUE(synchronised || after.confidence == TimeConfidence::wrong) << after.reason;
}

TEST(Timekeeper, TheChipsClockCountsWhatPassedWhileTheDaemonWasDown) {
  Box box;
  {
    const auto keeper = box.start();
    keeper->chip_clock(1000ms);
    keeper->confirmed();
  }
  const auto keeper = box.start();
  if (keeper->judge().confidence == TimeConfidence::synchronised) GTEST_SKIP() << "the kernel is sure of its time";
  EXPECT_EQ(keeper->judge().confidence, TimeConfidence::plausible);
  keeper->chip_clock(1000ms + 48h);
  EXPECT_EQ(keeper->judge().confidence, TimeConfidence::wrong) << "two days of power, and a clock that says none";
  keeper->chip_clock(10ms);
  EXPECT_EQ(keeper->judge().confidence, TimeConfidence::plausible) << "a chip that was cleared proves nothing";
}

TEST(Timekeeper, AStepAfterTheConfirmationIsNotKeptAsAKnownTime) {
  Box box;
  const WallTime before = box.time.wall();
  {
    const auto keeper = box.start();
    keeper->confirmed();
    box.time.step_wall(std::chrono::duration_cast<Duration>(5 * year));  // plausible, and nobody confirmed it
    box.time.advance(90min);
  }
  const auto kept = read_kept(box.directory.path() + "/clock");
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->wall, before + 90min) << "or the right time would be wrong after the next start";
}

TEST(Timekeeper, AKeptTimeThatProvesTooLateIsReplacedAtOnce) {
  Box box;
  const WallTime right = box.time.wall();
  const auto keeper = box.start();
  box.time.step_wall(std::chrono::duration_cast<Duration>(5 * year));
  keeper->confirmed();
  box.time.step_wall(-std::chrono::duration_cast<Duration>(5 * year));
  keeper->confirmed();
  EXPECT_EQ(read_kept(box.directory.path() + "/clock")->wall, right);
  EXPECT_NE(keeper->judge().confidence, TimeConfidence::wrong);
}

}  // namespace
}  // namespace vouchgate::timekeeper
