// Power cuts: whatever the disk had not synced is kept, dropped, torn or reordered, and then the spool is opened again.
// What was said to be stored is there, in order, byte for byte; the ledger adds up; no number is given twice.
// VOUCHGATE_POWER_CUTS sets how many cuts there are.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <set>

#include "crash_vfs.hpp"
#include "spool_user.hpp"
#include "temporary_directory.hpp"
#include "virtual_time.hpp"
#include "vouchgate/spool/open.hpp"

namespace vouchgate {
namespace {

using support::CrashVfs;
using support::event;

constexpr int devices = 4;
constexpr int cuts_a_disk = 4;

std::string name(std::size_t device) { return "pump-" + std::to_string(device); }

// One disk, cut and opened again several times.
class Disk {
 public:
  Disk(std::uint64_t seed, support::Lie lie)
      : random_(seed), vfs_((directory_.path() + "/spool"), seed ^ 0x9e3779b97f4a7c15, lie) {
    settings_.path = directory_.path() + "/spool";
    settings_.commit_interval = Duration(1);
  }

  // Works until the power fails, then looks at what is left. False: a promise was broken, see complaint().
  bool cut_once() {
    // Some cuts strike while the spool is being opened, some while it works, some after it was closed in good order.
    vfs_.cut_in(1 + below(below(3) == 0 ? 30 : 250));
    if (start()) work();
    spool_.reset();
    loop_.run_all();  // answers that were on their way
    under_way_.clear();
    vfs_.cut();
    struck = vfs_.reboot();
    const bool kept = start() && check();
    spool_.reset();
    return kept;
  }
  const std::string& complaint() const { return complaint_; }
  CrashVfs::Operation struck = CrashVfs::Operation::none;

 private:
  std::size_t below(std::size_t n) { return random_() % n; }
  bool complain(const std::string& what) {
    complaint_ = what;
    return false;
  }

  bool start() {
    auto opened = spool::open(settings_, time_, loop_.post());
    if (!opened) {
      if (!vfs_.dead()) complain("does not open: " + opened.error().text());
      return false;
    }
    spool_ = std::move(*opened);
    user_.emplace(*spool_, loop_);
    return spool_->set_aside().empty() || complain("was set aside: no synced byte was lost");
  }

  void append() {
    const std::size_t device = below(devices);
    const std::string payload =
        std::to_string(++counter_) + ":" + std::string(below(20) == 0 ? below(30'000) : below(300), 'x');
    under_way_.insert(payload);
    attempted_[payload] = name(device);
    spool_->append(event(name(device), payload), [this, payload](const Result<Seq>& seq) {
      under_way_.erase(payload);
      if (!seq) return;
      if (!payloads_.emplace(*seq, payload).second) complain("number " + std::to_string(*seq) + " was given twice");
      kept_.insert(*seq);
    });
  }

  void forget() {
    std::vector<Seq> seqs;
    for (auto seq = kept_.begin(); seq != kept_.end() && seqs.size() < 20; ++seq)
      if (below(3) == 0) seqs.push_back(*seq);
    for (const Seq seq : seqs) kept_.erase(seq);
    forgotten_.insert(seqs.begin(), seqs.end());
    spool_->forget(std::move(seqs));
  }

  void work() {
    for (std::size_t step = below(200) + 20; step > 0 && !vfs_.dead(); --step) {
      switch (below(12)) {
        case 0: forget(); break;
        case 1: static_cast<void>(user_->read(name(below(devices)))); break;
        case 2: static_cast<void>(user_->pending()); break;  // in step with the disk
        case 3: loop_.run_until([&] { return under_way_.empty(); }); break;
        default: append();
      }
      loop_.run_all();
    }
    if (!vfs_.dead()) loop_.run_until([&] { return under_way_.empty(); });
  }

  bool check() {
    if (!complaint_.empty()) return false;
    std::map<Seq, std::string> found;
    for (std::size_t device = 0; device < devices; ++device) {
      const auto records = user_->read(name(device), 0, 100'000, std::size_t{1} << 40);
      if (!records) return complain(records.error().text());
      std::uint64_t last = 0;
      for (const Record& record : *records) {
        const std::string& payload = record.message.payload;
        found[record.seq] = payload;
        const auto attempt = attempted_.find(payload);
        if (attempt == attempted_.end() || attempt->second != name(device))
          return complain("a record that nobody stored");
        const std::uint64_t number = std::stoull(payload);
        if (number <= last) return complain("out of order");
        last = number;
        const auto [known, fresh] = payloads_.emplace(record.seq, payload);
        if (!fresh && known->second != payload)
          return complain("number " + std::to_string(record.seq) + " was given twice");
        // Stored but not said so, or said to be delivered but not yet deleted: it is there, and stays.
        kept_.insert(record.seq);
        forgotten_.erase(record.seq);
      }
    }
    for (const Seq seq : kept_)
      if (!found.contains(seq)) return complain("number " + std::to_string(seq) + " was said to be stored and is lost");
    return books_add_up();
  }

  bool books_add_up() {
    const auto lines = user_->audit();
    if (!lines) return complain(lines.error().text());
    for (const AuditLine& line : *lines)
      if (!line.adds_up()) return complain("the ledger of " + line.device + " does not add up");
    return spool_->usage().total.quarantined == 0 || complain("a sound record was taken for a damaged one");
  }

  std::mt19937_64 random_;
  support::TemporaryDirectory directory_{::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"};
  CrashVfs vfs_;
  support::VirtualTime time_;
  support::ManualPost loop_;
  SpoolSettings settings_;
  std::unique_ptr<spool::Disk> spool_;
  std::optional<support::SpoolUser> user_;
  std::uint64_t counter_ = 0;
  std::map<std::string, std::string> attempted_;  // payload, device
  std::set<std::string> under_way_;
  std::map<Seq, std::string> payloads_;  // every number ever seen
  std::set<Seq> kept_, forgotten_;
  std::string complaint_;
};

std::uint64_t wanted_cuts() {
  const char* text = std::getenv("VOUCHGATE_POWER_CUTS");
  return text == nullptr ? 2000 : std::strtoull(text, nullptr, 10);
}

TEST(SpoolPowerCut, NothingThatWasSaidToBeStoredIsLost) {
  std::map<CrashVfs::Operation, int> struck;
  std::uint64_t cuts = 0;
  for (std::uint64_t seed = 1; cuts < wanted_cuts(); ++seed) {
    Disk disk(seed, support::Lie::none);
    for (int i = 0; i < cuts_a_disk; ++i, ++cuts) {
      ASSERT_TRUE(disk.cut_once()) << "seed " << seed << ", cut " << i << ": " << disk.complaint();
      ++struck[disk.struck];
    }
  }
  std::string during;
  for (const auto& [operation, count] : struck)
    during +=
        std::string(" ") + CrashVfs::operations[static_cast<std::size_t>(operation)] + " " + std::to_string(count);
  std::printf("%llu power cuts, nothing lost; during:%s\n", static_cast<unsigned long long>(cuts), during.c_str());
  EXPECT_GT(struck[CrashVfs::Operation::write], 0);
  EXPECT_GT(struck[CrashVfs::Operation::sync], 0);
  EXPECT_GT(struck[CrashVfs::Operation::create], 0);
}

// A test that cannot fail proves nothing: a disk that says "synced" of what is not must be caught.
class SpoolLyingDisk : public ::testing::TestWithParam<support::Lie> {};
TEST_P(SpoolLyingDisk, IsCaught) {
  for (std::uint64_t seed = 1; seed < 500; ++seed) {
    Disk disk(seed, GetParam());
    for (int i = 0; i < cuts_a_disk; ++i)
      if (!disk.cut_once()) return;
  }
  FAIL() << "this disk loses what it synced, and no promise was broken";
}
INSTANTIATE_TEST_SUITE_P(Every, SpoolLyingDisk,
                         ::testing::Values(support::Lie::wal, support::Lie::database, support::Lie::directory));

}  // namespace
}  // namespace vouchgate
