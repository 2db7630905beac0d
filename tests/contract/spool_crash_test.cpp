// "Stored" means stored: the spool with its real disk thread on a disk whose power fails at any write or sync, again
// and again. Never believes a spool that a lying disk could not break.
#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>
#include <random>

#include "crash_vfs.hpp"
#include "spool_promises.hpp"
#include "spool_user.hpp"
#include "temporary_directory.hpp"
#include "vouchgate/spool/open.hpp"

namespace vouchgate {
namespace {

using support::CrashVfs;
using support::Lie;
using support::Promises;
using Broken = Promises::Broken;
struct Figures {
  std::map<std::string, int> cuts;  // by the operation they struck
  std::uint64_t messages = 0;
};

constexpr int devices = 4;
constexpr int cuts_of_a_box = 4;

// One gateway box, its traffic and its power cuts, all drawn from a seed.
class Box {
 public:
  Box(std::uint64_t seed, Lie lie, Figures& figures)
      : random_(seed),
        heavy_(seed % 8 == 0),
        drops_(seed % 4 == 1),
        disk_((std::filesystem::create_directory(directory_.path() + "/spool"), directory_.path() + "/spool"), seed,
              lie),
        promises_(drops_),
        figures_(figures) {
    settings_.path = directory_.path() + "/spool";
    settings_.min_free = 0;
    settings_.commit_interval = Duration(below(3));
    if (!drops_) return;
    settings_.when_full = "drop-oldest";
    settings_.max_bytes = 60000;
  }

  Broken live() {
    for (int i = 0; i < cuts_of_a_box; ++i) {
      arm();
      Broken broken = start();
      for (auto steps = 5 + below(120); !broken && !disk_.dead() && steps > 0; --steps) broken = step();
      if (!broken && chance(30)) broken = stop();  // the cut may fall into it
      disk_.cut();
      const Broken left = stop();
      ++figures_.cuts[CrashVfs::operations.at(static_cast<std::size_t>(disk_.reboot()))];
      time_.advance(std::chrono::minutes(1));
      if (broken || left) return broken ? broken : left;
    }
    const Broken broken = start();
    stop();
    figures_.messages += promises_.acknowledged();
    return broken;
  }

 private:
  std::uint64_t below(std::uint64_t limit) {
    return std::uniform_int_distribution<std::uint64_t>(0, limit - 1)(random_);
  }
  bool chance(unsigned percent) { return below(100) < percent; }
  std::string device_name() { return "pump-" + std::to_string(below(devices)); }

  template <class Done>
  Broken await(Done done) {
    return loop_.run_until(done) ? std::nullopt : Broken("the spool did not answer in time");
  }
  // Asks and waits. What is answered after the cut says nothing.
  template <class Answer, class Ask>
  Broken ask(Ask question, const std::function<void(Answer&)>& with) {
    const auto answer = std::make_shared<std::optional<Answer>>();
    question([answer](Answer given) { *answer = std::move(given); });
    if (auto late = await([&] { return answer->has_value(); })) return late;
    if (!**answer && !disk_.dead()) return "without a cut: " + (*answer)->error().text();
    if (**answer) with(**answer);
    return std::nullopt;
  }

  // Mostly in any operation, evenly on a logarithmic scale, so that starts are struck as often as long work. But nine
  // of ten operations are writes: now and then the rarer kinds are aimed at.
  void arm() {
    const auto within = [this](double powers) {
      return static_cast<std::uint64_t>(std::exp(std::uniform_real_distribution(0.0, powers)(random_)));
    };
    if (chance(70))
      disk_.cut_in(within(heavy_ ? 10.0 : 7.5));
    else
      disk_.cut_in(within(2.0), static_cast<CrashVfs::Operation>(below(5)));
  }

  Broken start() {
    auto opened = spool::open(settings_, time_, loop_.post());
    if (!opened) return disk_.dead() ? std::nullopt : Broken("it does not open: " + opened.error().text());
    spool_ = std::move(*opened);
    if (!spool_->set_aside().empty()) return "it was set aside: " + spool_->set_aside();
    support::Shown shown;
    Broken broken = show(shown);
    return broken || disk_.dead() ? broken : promises_.judge(shown);
  }

  Broken stop() {
    spool_.reset();
    loop_.run_all();
    return under_way_ == 0 ? std::nullopt : Broken("an append was never answered");
  }

  Broken show(support::Shown& shown) {
    using Records = Result<std::vector<Record>>;
    using Kept = Result<std::vector<Quarantined>>;
    using Lines = Result<std::vector<AuditLine>>;
    Broken broken;
    for (int i = 0; i < devices && !broken; ++i) {
      const DeviceId device = support::device("pump-" + std::to_string(i));
      auto& all = shown.pending[device.str()];
      for (bool more = true; more && !broken && !disk_.dead();) {
        broken =
            ask<Records>([&](auto done) { spool_->read(device, all.empty() ? 0 : all.back().seq, 100, 1 << 20, done); },
                         [&](Records& records) {
                           more = !records->empty();
                           std::ranges::move(*records, std::back_inserter(all));
                         });
      }
    }
    if (!broken)
      broken = ask<Kept>([&](auto done) { spool_->quarantined(0, 100000, done); },
                         [&](Kept& kept) { shown.quarantined = std::move(*kept); });
    if (!broken)
      broken =
          ask<Lines>([&](auto done) { spool_->audit(done); }, [&](Lines& lines) { shown.audit = std::move(*lines); });
    shown.usage = spool_->usage();
    return broken;
  }

  void append() {
    const bool is_state = chance(10);
    const std::uint64_t most = heavy_ ? (is_state ? 60000 : 200000) : chance(5) ? 20000 : 900;
    Message message{support::device(device_name()),
                    is_state ? Kind::state : Kind::event,
                    {},
                    std::string(below(most), static_cast<char>('a' + below(26)))};
    if (!is_state && chance(20)) message.subfolder = Subfolder::parse("temp").value();
    const Promises::Number number = promises_.offer(message);
    ++under_way_;
    spool_->append(std::move(message), [this, number](const Result<Seq>& answer) {
      --under_way_;
      promises_.stored(number, answer);
    });
  }

  Broken step() {
    using Nothing = Result<void>;
    using Device = Result<DeviceId>;
    using Counts = Result<std::map<std::string, std::uint64_t>>;
    const std::uint64_t what = below(100);
    if (what < 55) {
      for (auto burst = 1 + below(8); burst > 0; --burst) append();
      return chance(60) ? await([&] { return under_way_ == 0; }) : std::nullopt;
    }
    if (what < 80) return forget();
    if (what < 84) return ask<Counts>([&](auto done) { spool_->pending(done); }, [](Counts&) {});
    if (what < 88) {
      if (auto late = stop()) return late;
      return start();
    }
    if (what < 93) {
      const auto [number, seq] = one_of(promises_.waiting());
      if (seq == 0) return std::nullopt;
      promises_.quarantines(number);
      spool_->quarantine(seq, "for the test");
      return await([&] { return under_way_ == 0; });
    }
    const auto [number, seq] = one_of(promises_.kept());
    if (seq == 0) return std::nullopt;
    if (what < 97) {
      promises_.retries(number);
      return ask<Device>([&, s = seq](auto done) { spool_->retry(s, done); },
                         [&, n = number](Device&) { promises_.retried(n, true); });
    }
    promises_.discards(number);
    return ask<Nothing>([&, s = seq](auto done) { spool_->discard(s, done); },
                        [&, n = number](Nothing&) { promises_.discarded(n, true); });
  }

  Broken forget() {
    std::vector<Seq> delivered;
    for (const auto& [number, seq] : promises_.waiting()) {
      if (!chance(50)) continue;
      promises_.forgets(number);
      delivered.push_back(seq);
    }
    spool_->forget(std::move(delivered));
    return std::nullopt;
  }

  std::pair<Promises::Number, Seq> one_of(const std::vector<std::pair<Promises::Number, Seq>>& all) {
    return all.empty() ? std::pair<Promises::Number, Seq>() : all[below(all.size())];
  }

  std::mt19937_64 random_;
  const bool heavy_, drops_;
  support::TemporaryDirectory directory_{support::quick_parent()};
  CrashVfs disk_;
  Promises promises_;
  Figures& figures_;
  support::VirtualTime time_;
  support::ManualPost loop_;
  SpoolSettings settings_;
  std::unique_ptr<spool::Disk> spool_;
  int under_way_ = 0;
};

int wanted_cuts() {
  const char* text = std::getenv("VOUCHGATE_POWER_CUTS");
  return text == nullptr ? 2000 : std::atoi(text);
}

TEST(SpoolCrash, KeepsEveryPromiseOverThousandsOfPowerCuts) {
  Figures figures;
  int done = 0;
  for (std::uint64_t seed = 1; done < wanted_cuts(); ++seed, done += cuts_of_a_box) {
    const Broken broken = Box(seed, Lie::none, figures).live();
    ASSERT_FALSE(broken) << "seed " << seed << ": " << *broken;
  }
  std::string by_operation;
  for (const auto& [operation, count] : figures.cuts) by_operation += ", " + operation + " " + std::to_string(count);
  std::printf("%d power cuts%s; %llu messages were stored, lost 0\n", done, by_operation.c_str(),
              static_cast<unsigned long long>(figures.messages));
  for (const char* operation : CrashVfs::operations)
    EXPECT_GT(figures.cuts[operation], 0) << operation << " was never struck";
}

// The self-test: what is promised rests on the syncs, and this test would notice if they were not made.
class SpoolOnALyingDisk : public ::testing::TestWithParam<Lie> {};

TEST_P(SpoolOnALyingDisk, BreaksAPromise) {
  Figures figures;
  for (std::uint64_t seed = 1; seed <= 400; ++seed)
    if (Box(seed, GetParam(), figures).live()) return;
  FAIL() << "400 boxes kept their promises without this sync";
}

std::string lie_name(const ::testing::TestParamInfo<Lie>& lie) {
  return lie.param == Lie::wal ? "OfTheWal" : lie.param == Lie::database ? "OfTheDatabase" : "OfTheDirectory";
}
INSTANTIATE_TEST_SUITE_P(WithoutTheSync, SpoolOnALyingDisk, ::testing::Values(Lie::wal, Lie::database, Lie::directory),
                         lie_name);

}  // namespace
}  // namespace vouchgate
