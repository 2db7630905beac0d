// What every Spool promises, run on the SQLite one and on the memory one. Never looks behind the contract.
#include <gmock/gmock.h>

#include <random>

#include "memory_spool.hpp"
#include "spool_user.hpp"
#include "temporary_directory.hpp"
#include "virtual_time.hpp"
#include "vouchgate/spool/open.hpp"

namespace vouchgate {
namespace {

using support::event;
using support::sum;
using ::testing::ElementsAre;

struct Bench {
  // In memory where that exists: the promises of the contract do not depend on how slow an fsync is.
  support::TemporaryDirectory directory{::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"};
  support::VirtualTime time;
  support::ManualPost loop;
};
struct Maker {
  const char* name;
  std::unique_ptr<Spool> (*make)(Bench&, SpoolSettings);
};

void PrintTo(const Maker& maker, std::ostream* out) { *out << maker.name; }

std::unique_ptr<Spool> make_sqlite(Bench& bench, SpoolSettings settings) {
  settings.path = bench.directory.path() + "/spool";
  return spool::open(settings, bench.time, bench.loop.post()).value();
}
std::unique_ptr<Spool> make_memory(Bench& bench, SpoolSettings settings) {
  return std::make_unique<support::MemorySpool>(settings, bench.time, bench.loop.post());
}

class SpoolContract : public ::testing::TestWithParam<Maker> {
 protected:
  void start(const SpoolSettings& settings = {}) {
    spool = GetParam().make(bench, settings);
    user.emplace(*spool, bench.loop);
  }
  Bench bench;
  std::unique_ptr<Spool> spool;
  std::optional<support::SpoolUser> user;
};

TEST_P(SpoolContract, NumbersRecordsFromOneOverAllDevices) {
  start();
  EXPECT_EQ(user->append(event("pump-1", "a")).value(), 1u);
  EXPECT_EQ(user->append(event("pump-2", "b")).value(), 2u);
  EXPECT_EQ(user->append(event("pump-1", "c")).value(), 3u);
  EXPECT_THAT(user->seqs("pump-1"), ElementsAre(1, 3));
  EXPECT_THAT(user->seqs("pump-2"), ElementsAre(2));
}

TEST_P(SpoolContract, GivesBackWhatWasStoredByteForByte) {
  start();
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  ASSERT_TRUE(user->append({support::device("pump-1"), Kind::event, Subfolder::parse("alarm/high").value(), bytes}));
  ASSERT_TRUE(user->append({support::device("pump-1"), Kind::state, Subfolder(), ""}));
  const auto records = user->read("pump-1").value();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].message.payload, bytes);
  EXPECT_EQ(records[0].message.subfolder.str(), "alarm/high");
  EXPECT_EQ(records[0].message.kind, Kind::event);
  EXPECT_EQ(records[0].stored_at, bench.time.wall());
  EXPECT_EQ(records[1].message.payload, "");
  EXPECT_EQ(records[1].message.kind, Kind::state);
}

TEST_P(SpoolContract, AnswersAppendsInTheirOrderAndNeverFromInsideTheCall) {
  start();
  std::vector<int> order;
  for (int i = 0; i < 300; ++i) {
    const std::size_t size = i == 7 ? max_event_bytes + 1 : 10;
    spool->append(event("pump-1", std::string(size, 'x')), [&order, i](const Result<Seq>&) { order.push_back(i); });
  }
  EXPECT_TRUE(order.empty());
  ASSERT_TRUE(bench.loop.run_until([&] { return order.size() == 300; }));
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST_P(SpoolContract, ReadsAfterANumberAndWithinItsLimits) {
  start();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(user->append(event("pump-1", std::string(100, 'x'))));
  EXPECT_THAT(user->seqs("pump-1", 8), ElementsAre(9, 10));
  EXPECT_EQ(user->read("pump-1", 0, 3).value().size(), 3u);
  EXPECT_EQ(user->read("pump-1", 0, 100, 250).value().size(), 2u);
  EXPECT_EQ(user->read("pump-1", 0, 100, 1).value().size(), 1u) << "one record at least, or it would never be read";
  EXPECT_TRUE(user->read("pump-1", 10).value().empty());
  EXPECT_TRUE(user->read("never-seen").value().empty());
}

TEST_P(SpoolContract, ForgetsWhatWasDeliveredAndIgnoresTheUnknown) {
  start();
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(user->append(event("pump-1", "x")));
  spool->forget({2, 3, 3, 99});
  EXPECT_THAT(user->seqs("pump-1"), ElementsAre(1, 4));
  spool->forget({2});
  const SpoolUsage usage = user->settled();
  EXPECT_EQ(usage.total.stored, 4u);
  EXPECT_EQ(usage.total.delivered, 2u);
  EXPECT_EQ(usage.total.pending, 2u);
}

TEST_P(SpoolContract, TellsWhoHasPendingRecords) {
  start();
  for (const char* id : {"pump-1", "pump-2", "pump-1", "pump-3"}) ASSERT_TRUE(user->append(event(id, "x")));
  spool->forget({4});
  EXPECT_THAT(user->pending().value(), ElementsAre(std::pair("pump-1", 2u), std::pair("pump-2", 1u)));
}

TEST_P(SpoolContract, RefusesAPayloadOverTheCloudsLimit) {
  start();
  EXPECT_TRUE(user->append(event("pump-1", std::string(max_event_bytes, 'x'))));
  const auto event_error = user->append(event("pump-1", std::string(max_event_bytes + 1, 'x')));
  ASSERT_FALSE(event_error);
  EXPECT_EQ(event_error.error().code, Code::too_large);
  const auto state_error =
      user->append({support::device("pump-1"), Kind::state, Subfolder(), std::string(max_state_bytes + 1, 'x')});
  ASSERT_FALSE(state_error);
  EXPECT_EQ(state_error.error().code, Code::too_large);
  EXPECT_EQ(user->settled().total.stored, 1u);
}

TEST_P(SpoolContract, RefusesWhenFullAndAcceptsAgainAfterDeliveries) {
  SpoolSettings settings;
  settings.max_bytes = 3000;
  settings.device_share = 100;
  start(settings);
  std::optional<Error> error;
  Seq stored = 0;
  while (!error && stored < 100) {
    const auto result = user->append(event("pump-1", std::string(500, 'x')));
    if (result)
      stored = *result;
    else
      error = result.error();
  }
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, Code::full);
  EXPECT_GE(stored, 4u);
  EXPECT_LE(user->settled().bytes, 3000u);
  spool->forget({1});
  user->settled();
  EXPECT_TRUE(user->append(event("pump-1", std::string(500, 'x'))));
  EXPECT_FALSE(user->append(event("pump-1", std::string(500, 'x'))));
}

TEST_P(SpoolContract, DropsTheOldestOfAllDevicesAndCountsThemWhenToldSo) {
  SpoolSettings settings;
  settings.max_bytes = 3000;
  settings.device_share = 100;
  settings.when_full = "drop-oldest";
  start(settings);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(user->append(event(i < 3 ? "pump-1" : "pump-2", std::string(500, 'x'))));
  const SpoolUsage usage = user->settled();
  EXPECT_LE(usage.bytes, 3000u);
  EXPECT_EQ(usage.by_device.at("pump-1").dropped, 3u);
  EXPECT_EQ(usage.total.stored, 20u);
  EXPECT_EQ(sum(usage.total), 20u);
  EXPECT_EQ(user->seqs("pump-2").back(), 20u);
  EXPECT_EQ(user->seqs("pump-2").size(), usage.total.pending);
  const auto hopeless = user->append(event("pump-1", std::string(4000, 'x')));
  ASSERT_FALSE(hopeless);
  EXPECT_EQ(hopeless.error().code, Code::full);
  EXPECT_EQ(user->settled().total.dropped, usage.total.dropped) << "nothing is dropped for what can never fit";
}

TEST_P(SpoolContract, ExpiresWhatIsOverItsAge) {
  SpoolSettings settings;
  settings.max_age = std::chrono::hours(1);
  start(settings);
  ASSERT_TRUE(user->append(event("pump-1", "old")));
  bench.time.advance(std::chrono::minutes(50));
  ASSERT_TRUE(user->append(event("pump-1", "young")));
  bench.time.advance(std::chrono::minutes(11));
  const SpoolUsage usage = user->settled();
  EXPECT_EQ(usage.by_device.at("pump-1").expired, 1u);
  EXPECT_EQ(usage.by_device.at("pump-1").pending, 1u);
  EXPECT_THAT(user->seqs("pump-1"), ElementsAre(2));
}

TEST_P(SpoolContract, LeavesRoomForTheOthersWhenOneDeviceFillsItsShare) {
  SpoolSettings settings;
  settings.max_bytes = 10'000;
  settings.device_share = 30;
  start(settings);
  std::optional<Error> error;
  for (int i = 0; i < 50 && !error; ++i)
    if (const auto result = user->append(event("pump-1", std::string(500, 'x'))); !result) error = result.error();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, Code::full);
  EXPECT_LE(user->settled().bytes, 3000u);
  EXPECT_TRUE(user->append(event("pump-2", std::string(500, 'x'))));
}

TEST_P(SpoolContract, DropsADevicesOwnOldestWhenItOverflowsItsShare) {
  SpoolSettings settings;
  settings.max_bytes = 10'000;
  settings.device_share = 30;
  settings.when_full = "drop-oldest";
  start(settings);
  ASSERT_TRUE(user->append(event("pump-2", "older than all of them")));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(user->append(event("pump-1", std::string(500, 'x'))));
  const SpoolUsage usage = user->settled();
  EXPECT_EQ(usage.by_device.at("pump-2").dropped, 0u);
  EXPECT_EQ(usage.by_device.at("pump-1").dropped, 15u);
  EXPECT_EQ(user->seqs("pump-1").back(), 21u);
}

TEST_P(SpoolContract, KeepsWhatIsQuarantinedOutOfTheQueueUntilItIsRetried) {
  start();
  for (const char* text : {"a", "bad", "c"}) ASSERT_TRUE(user->append(event("pump-1", text)));
  spool->quarantine(2, "ended the session");
  EXPECT_THAT(user->seqs("pump-1"), ElementsAre(1, 3));
  const auto kept = user->quarantined().value();
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept[0].record.seq, 2u);
  EXPECT_EQ(kept[0].record.message.payload, "bad");
  EXPECT_EQ(kept[0].reason, "ended the session");
  EXPECT_EQ(user->settled().total.quarantined, 1u);
  EXPECT_EQ(user->retry(2).value().str(), "pump-1");
  EXPECT_THAT(user->seqs("pump-1"), ElementsAre(1, 3, 4));
  EXPECT_EQ(user->read("pump-1", 3).value().at(0).message.payload, "bad");
  const SpoolUsage usage = user->settled();
  EXPECT_EQ(usage.total.stored, 3u);
  EXPECT_EQ(usage.total.pending, 3u);
  EXPECT_EQ(usage.total.quarantined, 0u);
  EXPECT_EQ(user->append(event("pump-2", "next")).value(), 5u) << "a number is given once";
  EXPECT_EQ(user->retry(2).error().code, Code::not_found);
}

TEST_P(SpoolContract, DiscardsOnlyWhatIsInQuarantineAndCountsIt) {
  start();
  ASSERT_TRUE(user->append(event("pump-1", "a")));
  ASSERT_TRUE(user->append(event("pump-1", "b")));
  EXPECT_EQ(user->discard(1).error().code, Code::not_found);
  spool->quarantine(1, "why not");
  const std::uint64_t before = user->settled().bytes;
  ASSERT_TRUE(user->discard(1));
  const SpoolUsage usage = user->settled();
  EXPECT_LT(usage.bytes, before);
  EXPECT_EQ(usage.total.discarded, 1u);
  EXPECT_EQ(sum(usage.total), 2u);
  EXPECT_TRUE(user->quarantined().value().empty());
}

TEST_P(SpoolContract, AuditsWhatIsThereAgainstTheLedger) {
  start();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(user->append(event(i % 2 == 0 ? "pump-1" : "pump-2", std::string(i, 'x'))));
  spool->forget({1, 2, 3});
  spool->quarantine(5, "bad");
  const auto lines = user->audit().value();
  ASSERT_EQ(lines.size(), 2u);
  for (const AuditLine& line : lines) {
    EXPECT_TRUE(line.adds_up()) << line.device;
    EXPECT_EQ(line.ledger.stored, 5u);
  }
  EXPECT_EQ(lines[0].pending_found, 2u);
  EXPECT_EQ(lines[0].quarantined_found, 1u);
}

INSTANTIATE_TEST_SUITE_P(EverySpool, SpoolContract,
                         ::testing::Values(Maker{"sqlite", make_sqlite}, Maker{"memory", make_memory}),
                         [](const auto& made) { return std::string(made.param.name); });

// The model test: the same random calls on both, the same answers from both.
class Pair {
 public:
  explicit Pair(const SpoolSettings& settings)
      : disk_(make_sqlite(bench_, settings)), memory_(make_memory(bench_, settings)) {}

  void append(const Message& message) {
    const auto note = [](std::vector<std::string>& answers) {
      return [&answers](const Result<Seq>& r) { answers.push_back(r ? std::to_string(*r) : word(r.error().code)); };
    };
    disk_->append(message, note(from_disk_));
    memory_->append(message, note(from_memory_));
    ++asked_;
  }
  void forget(const std::vector<Seq>& seqs) {
    disk_->forget(seqs);
    memory_->forget(seqs);
  }
  void compare(const std::string& id, Seq after) {
    ASSERT_TRUE(bench_.loop.run_until([&] { return from_disk_.size() == asked_ && from_memory_.size() == asked_; }));
    ASSERT_EQ(from_disk_, from_memory_);
    support::SpoolUser disk(*disk_, bench_.loop), memory(*memory_, bench_.loop);
    ASSERT_EQ(disk.seqs(id, after), memory.seqs(id, after));
    const SpoolUsage a = disk.settled(), b = memory.settled();
    ASSERT_EQ(a.bytes, b.bytes);
    ASSERT_EQ(sum(a.total), a.total.stored);
    for (const auto& [name, ledger] : b.by_device) {
      const Ledger& other = a.by_device.at(name);
      ASSERT_EQ(std::tie(ledger.stored, ledger.delivered, ledger.pending, ledger.expired, ledger.dropped),
                std::tie(other.stored, other.delivered, other.pending, other.expired, other.dropped));
    }
  }
  void reopen(const SpoolSettings& settings) {
    disk_.reset();
    disk_ = make_sqlite(bench_, settings);
  }
  support::VirtualTime& time() { return bench_.time; }
  std::size_t asked() const { return asked_; }

 private:
  Bench bench_;
  std::unique_ptr<Spool> disk_, memory_;
  std::vector<std::string> from_disk_, from_memory_;
  std::size_t asked_ = 0;
};

void random_walk(Pair& pair, const SpoolSettings& settings, int operations, std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto below = [&random](std::size_t n) { return random() % n; };
  for (int i = 0; i < operations; ++i) {
    const std::size_t what = below(1000);
    const std::string id = "pump-" + std::to_string(below(7));
    if (what < 600) {
      pair.append(event(id, std::string(below(700), 'x')));
    } else if (what < 985) {
      std::vector<Seq> seqs;
      for (std::size_t k = below(4); k > 0; --k) seqs.push_back(pair.asked() - below(300));
      pair.forget(seqs);
      if (below(8) == 0) {
        ASSERT_NO_FATAL_FAILURE(pair.compare(id, below(pair.asked() + 1)));
      }
    } else if (what < 999) {
      ASSERT_NO_FATAL_FAILURE(pair.compare(id, below(pair.asked() + 1)));
      pair.time().advance(std::chrono::minutes(below(30)));
      ASSERT_NO_FATAL_FAILURE(pair.compare(id, 0));
    } else {
      pair.reopen(settings);
    }
  }
  ASSERT_NO_FATAL_FAILURE(pair.compare("pump-1", 0));
}

TEST(SpoolModel, FiftyThousandRandomCallsOnARoomySpoolAgreeWithTheModel) {
  SpoolSettings settings;
  settings.max_age = std::chrono::hours(2);
  settings.commit_interval = Duration(0);
  Pair pair(settings);
  random_walk(pair, settings, 50000, 1);
}

TEST(SpoolModel, RandomAppendsOnATightSpoolDropTheSameRecordsAsTheModel) {
  SpoolSettings settings;
  settings.max_bytes = 20000;
  settings.when_full = "drop-oldest";
  settings.commit_interval = Duration(0);
  Pair pair(settings);
  std::mt19937 random(2);
  for (int i = 0; i < 5000; ++i) {
    const std::string id = "pump-" + std::to_string(random() % 7);
    pair.append(event(id, std::string(random() % 700, 'x')));
    if (random() % 50 != 0) continue;
    ASSERT_NO_FATAL_FAILURE(pair.compare(id, 0));
    pair.forget({pair.asked() - random() % 30});
    ASSERT_NO_FATAL_FAILURE(pair.compare(id, 0));
  }
}

}  // namespace
}  // namespace vouchgate
