// Much at once: what piled up behind a failing disk or under other settings is worked off in bounded commits, so that
// an append never waits for all of it.
#include <atomic>
#include <thread>

#include "faulty_vfs.hpp"
#include "spool_fixture.hpp"

namespace vouchgate {
namespace {

using support::event;
using support::sum;

class SpoolLoad : public support::SpoolFixture {
 protected:
  SpoolLoad() { settings.path = shared_.path() + "/spool"; }
  ~SpoolLoad() override { spool.reset(); }
  std::vector<Seq> append_many(int count, std::size_t payload) {
    std::vector<Seq> seqs;
    const auto keep = [&](const Result<Seq>& seq) { seqs.push_back(seq.value_or(0)); };
    for (int i = 0; i < count; ++i) spool->append(event("pump-1", std::string(payload, 'x')), keep);
    EXPECT_TRUE(loop.run_until([&] { return seqs.size() == static_cast<std::size_t>(count); }));
    return seqs;
  }
  // In memory where that exists.
  support::TemporaryDirectory shared_{::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"};
  support::FaultyVfs vfs;
};

// Every commit asks for the time.
class CountingTime : public support::VirtualTime {
 public:
  WallTime wall() const override { return ++asked, VirtualTime::wall(); }
  mutable std::atomic<int> asked = 0;
};

TEST_F(SpoolLoad, DeletesThatPiledUpAreNotOneCommit) {
  open();
  const std::vector<Seq> seqs = append_many(30'000, 10);
  vfs.write_result = SQLITE_FULL;
  spool->forget(seqs);
  EXPECT_TRUE(user->seqs("pump-1").empty());
  EXPECT_FALSE(user->append(event("pump-1", "x")));
  vfs.write_result = SQLITE_OK;
  ASSERT_TRUE(user->append(event("pump-1", "x")));
  EXPECT_LT(spool->usage().total.delivered, 10'000u) << "this append waited for all of them";
  EXPECT_EQ(user->seqs("pump-1").size(), 1u) << "those that wait for their deletion stay hidden";
  EXPECT_EQ(user->settled().total.delivered, 30'000u);
}

TEST_F(SpoolLoad, ClosingDeletesAllThatWasDelivered) {
  open();
  const std::vector<Seq> seqs = append_many(20'000, 10);
  spool->forget(seqs);
  open();
  EXPECT_EQ(user->settled().total.pending, 0u);
}

TEST_F(SpoolLoad, ASmallerLimitIsReachedStepByStep) {
  settings.when_full = "drop-oldest";
  settings.device_share = 100;
  open();
  append_many(20'000, 500);
  spool.reset();
  settings.max_bytes = 1'000'000;
  open();
  ASSERT_TRUE(user->append(event("pump-1", "x")));
  EXPECT_LT(spool->usage().total.dropped, 10'000u) << "this append waited for all of them";
  for (int i = 0; i < 100 && user->settled().bytes > settings.max_bytes; ++i) {}
  const SpoolUsage usage = user->settled();
  EXPECT_LE(usage.bytes, settings.max_bytes);
  EXPECT_EQ(sum(usage.total), usage.total.stored);
  EXPECT_GT(usage.bytes, settings.max_bytes - 1000) << "no more than was asked for";
}

TEST_F(SpoolLoad, ASmallerShareIsReachedStepByStep) {
  settings.when_full = "drop-oldest";
  settings.device_share = 100;
  open();
  append_many(20'000, 500);
  settings.max_bytes = 100'000'000;
  settings.device_share = 1;
  open();
  ASSERT_TRUE(user->append(event("pump-1", "x")));
  EXPECT_LT(spool->usage().total.dropped, 10'000u);
  for (int i = 0; i < 100 && spool->usage().bytes > 1'000'000; ++i) ASSERT_TRUE(user->append(event("pump-1", "x")));
  EXPECT_LE(user->settled().bytes, 1'000'000u);
  EXPECT_GT(user->settled().bytes, 990'000u);
}

TEST_F(SpoolLoad, ALimitThatQuarantineExceedsIsNotTriedWithoutEnd) {
  settings.when_full = "drop-oldest";
  open();
  for (const Seq seq : append_many(3, 200'000)) spool->quarantine(seq, "bad");
  user->settled();
  spool.reset();
  settings.max_bytes = 1000;
  const CountingTime counting;
  auto opened = spool::open(settings, counting, loop.post());
  ASSERT_TRUE(opened);
  EXPECT_TRUE(support::SpoolUser(**opened, loop).audit());
  const int before = counting.asked;
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_LT(counting.asked - before, 20);
}

TEST_F(SpoolLoad, AFailingDiskIsNotAskedForEveryDeliveredMessage) {
  open();
  const std::vector<Seq> seqs = append_many(6000, 10);
  vfs.write_result = SQLITE_FULL;
  spool->forget({seqs.begin(), seqs.begin() + 5000});
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t i = 5000; i < seqs.size(); ++i) {
    spool->forget({seqs[i]});
    user->seqs("pump-1");
  }
  const auto seconds = (std::chrono::steady_clock::now() - begin) / std::chrono::seconds(1);
  EXPECT_LE(vfs.refused, 2 * seconds + 10) << "one try a second, and a probe";
  vfs.write_result = SQLITE_OK;
  EXPECT_EQ(user->settled().total.delivered, 6000u);
}

}  // namespace
}  // namespace vouchgate
