// The disk's bad days: full, failing, slow. What is said to be stored is stored, what failed is said to have failed.
#include <filesystem>
#include <thread>

#include "faulty_vfs.hpp"
#include "spool_fixture.hpp"

namespace vouchgate {
namespace {

using support::event;
using support::sum;
using ::testing::ElementsAre;

class SpoolDisk : public support::SpoolFixture {
 protected:
  ~SpoolDisk() override { spool.reset(); }
  // The state is polled as its readers do: nobody is told of it.
  bool becomes(SpoolState state) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (spool->usage().state != state && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return spool->usage().state == state;
  }
  // Through so many tries, of which the disk thread thinks itself: nobody appends.
  bool stays(SpoolState state, int tries) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    const int last = vfs.refused + tries;
    while (vfs.refused < last && std::chrono::steady_clock::now() < deadline) {
      if (spool->usage().state != state) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return vfs.refused >= last;
  }
  support::FaultyVfs vfs;
};

TEST_F(SpoolDisk, SaysStoredOnlyAfterTheSync) {
  open();
  vfs.stall_syncs(true);
  bool stored = false;
  spool->append(event("pump-1", "x"), [&](const Result<Seq>& result) { stored = result.has_value(); });
  vfs.wait_for_stalled();
  loop.run_all();
  EXPECT_FALSE(stored);
  vfs.stall_syncs(false);
  EXPECT_TRUE(loop.run_until([&] { return stored; }));
}

TEST_F(SpoolDisk, AnswersABatchWithOnePost) {
  open();
  ASSERT_TRUE(user->append(event("pump-1", "x")));
  vfs.stall_syncs(true);
  std::size_t stored = 0;
  const auto count = [&](const Result<Seq>& result) { stored += result ? 1 : 0; };
  spool->append(event("pump-1", "x"), count);
  vfs.wait_for_stalled();  // the disk thread is in this commit; what follows is one batch
  for (int i = 0; i < 400; ++i) spool->append(event("pump-1", "x"), count);
  const int before = vfs.syncs;
  vfs.stall_syncs(false);
  std::size_t rounds = 0;
  ASSERT_TRUE(loop.run_until([&] { return ++rounds, stored == 401; }));
  EXPECT_EQ(rounds, 3u) << "one look before, one after each post";
  EXPECT_EQ(vfs.syncs - before, 2);
}

TEST_F(SpoolDisk, FailsTheWholeBatchWhenTheDiskIsFullAndRecoversByItself) {
  open();
  ASSERT_EQ(user->append(event("pump-1", "before")).value(), 1u);
  vfs.write_result = SQLITE_FULL;
  std::vector<Code> codes;
  for (int i = 0; i < 20; ++i)
    spool->append(event("pump-2", "x"), [&](const Result<Seq>& result) { codes.push_back(result.error().code); });
  ASSERT_TRUE(loop.run_until([&] { return codes.size() == 20; }));
  EXPECT_THAT(codes, ::testing::Each(Code::full));
  EXPECT_EQ(spool->usage().total.stored, 1u);
  vfs.write_result = SQLITE_OK;
  const Seq next = user->append(event("pump-2", "after")).value();
  EXPECT_GT(next, 20u) << "the numbers of a failed commit are not given again";
  EXPECT_THAT(user->seqs("pump-2"), ElementsAre(next));
  open();
  EXPECT_THAT(user->seqs("pump-2"), ElementsAre(next));
  EXPECT_THAT(user->seqs("pump-1"), ElementsAre(1));
  EXPECT_EQ(sum(user->settled().total), 2u);
}

class SpoolDiskErrors : public SpoolDisk, public ::testing::WithParamInterface<int> {};

TEST_P(SpoolDiskErrors, FailsAppendsWhileTheDiskFailsAndRecoversByItself) {
  open();
  ASSERT_EQ(user->append(event("pump-1", "before")).value(), 1u);
  (GetParam() == SQLITE_IOERR_WRITE ? vfs.write_result : vfs.sync_result) = GetParam();
  for (int i = 0; i < 3; ++i) {
    const auto result = user->append(event("pump-1", "x"));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::unavailable) << result.error().line();
  }
  vfs.write_result = vfs.sync_result = SQLITE_OK;
  const Seq next = user->append(event("pump-1", "after")).value();
  const auto seqs = user->seqs("pump-1");
  EXPECT_EQ(seqs.front(), 1u);
  EXPECT_EQ(seqs.back(), next);
  const SpoolUsage usage = user->settled();
  EXPECT_EQ(sum(usage.total), usage.total.stored);
  EXPECT_EQ(usage.total.pending, seqs.size());
}
INSTANTIATE_TEST_SUITE_P(Every, SpoolDiskErrors, ::testing::Values(SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC));

// Without an append to learn it from: the state ends because the disk thread asks.
TEST_P(SpoolDiskErrors, NamesTheStateAndLeavesItByItself) {
  open();
  ASSERT_TRUE(user->append(event("pump-1", "before")));
  EXPECT_EQ(spool->usage().state, SpoolState::ok);
  vfs.write_result = GetParam();
  vfs.sync_result = GetParam() == SQLITE_IOERR_FSYNC ? GetParam() : SQLITE_OK;
  EXPECT_FALSE(user->append(event("pump-1", "x")));
  EXPECT_EQ(spool->usage().state, SpoolState::failed);
  EXPECT_NE(spool->usage().reason, "");
  EXPECT_TRUE(stays(SpoolState::failed, 2));
  vfs.write_result = vfs.sync_result = SQLITE_OK;
  EXPECT_TRUE(becomes(SpoolState::ok));
}

TEST_F(SpoolDisk, AReadOnlyFileSystemIsAStateOfItsOwnThatEnds) {
  open();
  ASSERT_TRUE(user->append(event("pump-1", "before")));
  vfs.system_error = EROFS;
  vfs.write_result = SQLITE_IOERR_WRITE;
  for (int i = 0; i < 3; ++i) {
    const auto refused = user->append(event("pump-1", "x"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::denied) << refused.error().text();
  }
  EXPECT_TRUE(becomes(SpoolState::read_only));
  EXPECT_NE(spool->usage().reason, "");
  EXPECT_EQ(user->seqs("pump-1").size(), 1u) << "what is stored can be read and sent";
  vfs.write_result = SQLITE_OK;
  EXPECT_TRUE(becomes(SpoolState::ok));
  EXPECT_TRUE(user->append(event("pump-1", "after")));
}

// The write came through, its sync did not: the disk has what was said to have failed.
TEST_F(SpoolDisk, WhatTheDiskKeptAlthoughItFailedIsInTheBooksWithoutTraffic) {
  open();
  ASSERT_TRUE(user->append(event("pump-1", "before")));
  vfs.sync_result = SQLITE_IOERR_FSYNC;
  EXPECT_FALSE(user->append(event("pump-1", "kept all the same")));
  vfs.sync_result = SQLITE_OK;
  ASSERT_TRUE(becomes(SpoolState::ok));
  EXPECT_EQ(spool->usage().total.pending, user->seqs("pump-1").size());
}

// A probe that succeeds says little: it is small, and the deletes that wait are not.
TEST_F(SpoolDisk, StaysFullWhileDeletesFail) {
  open();
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(user->append(event("pump-1", std::string(2000, 'x'))));
  std::vector<Seq> seqs;
  for (Seq seq = 1; seq <= 300; ++seq) seqs.push_back(seq);
  vfs.largest_commit = 20;
  spool->forget(seqs);
  ASSERT_TRUE(becomes(SpoolState::disk_full));
  EXPECT_TRUE(stays(SpoolState::disk_full, 4));
  vfs.largest_commit = 0;
  EXPECT_TRUE(becomes(SpoolState::ok));
  EXPECT_EQ(user->settled().total.delivered, 300u);
}

TEST_F(SpoolDisk, TheSpaceThatIsLeftToOthersIsAStateWithAName) {
  settings.min_free = std::uint64_t{1} << 50;
  open();
  const SpoolUsage usage = spool->usage();
  EXPECT_EQ(usage.state, SpoolState::disk_full);
  EXPECT_GT(usage.disk_free, 0u);
  const auto refused = user->append(event("pump-1", "x"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::full);
  EXPECT_NE(refused.error().reason.find("spool.min_free"), std::string::npos);
  spool.reset();
  settings.min_free = 0;
  open();
  EXPECT_EQ(spool->usage().state, SpoolState::ok);
  EXPECT_TRUE(user->append(event("pump-1", "x")));
}

// Dropping the oldest makes room for the newest; where there is none to drop, "stored" would be a lie.
TEST_F(SpoolDisk, WhatIsStoredIsNotDroppedByTheCommitThatStoresIt) {
  settings.min_free = std::uint64_t{1} << 50;
  settings.when_full = "drop-oldest";
  open();
  const auto refused = user->append(event("pump-1", "x"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::full);
  EXPECT_NE(refused.error().reason.find("spool.min_free"), std::string::npos);
  EXPECT_EQ(user->settled().total.dropped, 0u);
}

TEST_F(SpoolDisk, QuarantineThatFillsTheSpoolDoesNotSwallowTheNewestMessage) {
  settings.max_bytes = 10'000;
  settings.device_share = 100;
  settings.when_full = "drop-oldest";
  open();
  for (Seq seq = 1; seq <= 9; ++seq) {
    ASSERT_EQ(user->append(event("pump-1", std::string(1000, 'x'))).value_or(0), seq);
    spool->quarantine(seq, "test");
  }
  ASSERT_TRUE(user->append(event("pump-1", std::string(500, 'y'))));
  EXPECT_THAT(user->seqs("pump-1"), ElementsAre(10));
  ASSERT_TRUE(user->append(event("pump-1", std::string(500, 'z'))));
  EXPECT_THAT(user->seqs("pump-1"), ElementsAre(11));
  EXPECT_EQ(user->settled().total.dropped, 1u);
}

TEST_F(SpoolDisk, FullIsAStateUntilThereIsRoomAgain) {
  settings.max_bytes = 10'000;
  settings.device_share = 100;
  open();
  while (user->append(event("pump-1", std::string(500, 'x')))) {}
  EXPECT_TRUE(becomes(SpoolState::full));
  spool->forget({1, 2, 3, 4, 5});
  user->settled();
  EXPECT_EQ(spool->usage().state, SpoolState::ok);
}

TEST_F(SpoolDisk, TheFileShrinksWhenABacklogIsGone) {
  open();
  std::vector<Seq> seqs;
  const auto keep = [&](const Result<Seq>& seq) { seqs.push_back(seq.value()); };
  for (int i = 0; i < 200; ++i) spool->append(event("pump-1", std::string(100'000, 'x')), keep);
  ASSERT_TRUE(loop.run_until([&] { return seqs.size() == 200; }));
  const auto full = std::filesystem::file_size(database());
  spool.reset();
  EXPECT_GT(std::filesystem::file_size(database()), 15'000'000u) << full;
  open();
  spool->forget(seqs);
  user->settled();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::filesystem::file_size(database()) > 10'000'000 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // a file's size has no event to wait for
    user->append(event("pump-1", "x")).value();
  }
  EXPECT_LT(std::filesystem::file_size(database()), 10'000'000u);
}

TEST_F(SpoolDisk, DoesNotShowDeliveredRecordsAgainWhenTheirDeletionFails) {
  settings.commit_interval = Duration(1);
  open();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(user->append(event("pump-1", "x")));
  vfs.write_result = SQLITE_FULL;
  spool->forget({1, 2});
  user->pending().value();  // tries to delete
  EXPECT_THAT(user->seqs("pump-1"), ElementsAre(3));
  vfs.write_result = SQLITE_OK;
  EXPECT_EQ(user->settled().total.delivered, 2u);
  open();
  EXPECT_THAT(user->seqs("pump-1"), ElementsAre(3));
}

TEST_F(SpoolDisk, BoundsTheMemoryOfItsQueueWhenTheDiskIsSlow) {
  open();
  vfs.stall_syncs(true);
  std::size_t stored = 0, busy = 0;
  const auto count = [&](const Result<Seq>& result) {
    if (result)
      ++stored;
    else
      busy += result.error().code == Code::busy ? 1 : 0;
  };
  for (int i = 0; i < 300; ++i) spool->append(event("pump-1", std::string(max_event_bytes, 'x')), count);
  vfs.stall_syncs(false);
  ASSERT_TRUE(loop.run_until([&] { return stored + busy == 300; }));
  EXPECT_EQ(stored, 64u * 1024 * 1024 / (max_event_bytes + 64));
  EXPECT_TRUE(user->append(event("pump-1", "x"))) << "room again";
}

TEST_F(SpoolDisk, ReportsItselfBusyWhileACommitHangs) {
  open();
  ASSERT_TRUE(user->append(event("pump-1", "x")));
  EXPECT_TRUE(user->read("pump-1"));
  vfs.stall_syncs(true);
  bool stored = false;
  spool->append(event("pump-1", "x"), [&](const Result<Seq>&) { stored = true; });
  vfs.wait_for_stalled();
  EXPECT_TRUE(spool->health().busy);
  vfs.stall_syncs(false);
  EXPECT_TRUE(loop.run_until([&] { return stored; }));
}

TEST_F(SpoolDisk, SyncsNothingWhileIdleOrReading) {
  open();
  ASSERT_TRUE(user->append(event("pump-1", "x")));
  const int before = vfs.syncs;
  for (int i = 0; i < 50; ++i) user->read("pump-1").value();
  user->pending().value();
  EXPECT_EQ(vfs.syncs, before);
}

TEST_F(SpoolDisk, DeletesWithoutAnAppendToWaitFor) {
  settings.commit_interval = Duration(1);
  open();
  ASSERT_TRUE(user->append(event("pump-1", "x")));
  spool->forget({1});
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (spool->usage().total.delivered == 0 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  EXPECT_EQ(spool->usage().total.delivered, 1u);
}

}  // namespace
}  // namespace vouchgate
