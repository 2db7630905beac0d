// Reads the kernel's steps of the clock. Never decides; the judge does.
#include "vouchgate/timekeeper/timekeeper.hpp"

#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "kept_time.hpp"
#include "vouchgate/timekeeper/judge.hpp"
#include "vouchgate/timekeeper/look.hpp"

namespace vouchgate::timekeeper {
namespace {

constexpr auto keep_every = std::chrono::hours(1);

class Implementation : public Timekeeper {
 public:
  Implementation(asio::io_context& loop, const Clock& clock, std::string path, WallTime built)
      : clock_(clock), path_(std::move(path)), built_(built), kept_(read_kept(path_)), steps_(loop) {
    const int timer = ::timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (timer < 0) return;  // the look once a second remains
    steps_.assign(timer);
    await_step();
  }
  ~Implementation() override {
    if (known_) keep();
  }

  TimeReport judge() override {
    Evidence evidence{clock_.wall(), built_, std::nullopt, std::nullopt, kernel_says_synchronised()};
    if (kept_) evidence.kept = kept_->wall;
    if (kept_ && kept_->chip && chip_ && *chip_ >= *kept_->chip) {
      const auto since = std::chrono::duration_cast<Duration>(clock_.monotonic() - chip_read_at_);
      evidence.chip = kept_->wall + (*chip_ - *kept_->chip) + since;
    }
    auto report = timekeeper::judge(evidence);
    if (report.confidence == TimeConfidence::synchronised) confirmed();
    return report;
  }

  void confirmed() override {
    known_ = Known{clock_.wall(), clock_.monotonic()};
    const bool disproved = kept_ && known_->wall < kept_->wall;  // kept on, it would make the right time a wrong one
    if (disproved || !keep_due_ || clock_.monotonic() >= *keep_due_) keep();
  }

  void chip_clock(std::chrono::milliseconds reading) override {
    const bool first = !std::exchange(chip_, reading);
    chip_read_at_ = clock_.monotonic();
    if (first && stepped_) stepped_();  // news of the time, as a step is
  }

  void on_step(std::function<void()> stepped) override { stepped_ = std::move(stepped); }

 private:
  struct Known {
    WallTime wall;
    Monotonic at;
  };

  // What is kept is the time confirmed last and what has passed since: the wall clock may have been set meanwhile. It
  // is evidence of this run also when the disk does not take it.
  void keep() {
    const Monotonic now = clock_.monotonic();
    keep_due_ = now + keep_every;
    kept_ = KeptTime{known_->wall + (now - known_->at), std::nullopt};
    if (chip_) kept_->chip = *chip_ + std::chrono::duration_cast<std::chrono::milliseconds>(now - chip_read_at_);
    write_kept(path_, *kept_);
  }

  // A timer on the wall clock that is never due, and is cancelled by every step (timerfd_create(2)).
  void await_step() {
    itimerspec far{};
    far.it_value.tv_sec = std::int64_t{1} << 33;
    // ECANCELED: armed, but the clock was set just before (fs/timerfd.c); whoever called looks at the clock next.
    if (::timerfd_settime(steps_.native_handle(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &far, nullptr) != 0 &&
        errno != ECANCELED)
      return;
    steps_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const boost::system::error_code& error) {
      if (error) return;
      std::uint64_t ignored = 0;
      [[maybe_unused]] const auto count = ::read(steps_.native_handle(), &ignored, sizeof ignored);  // ECANCELED
      await_step();
      if (stepped_) stepped_();
    });
  }

  const Clock& clock_;
  const std::string path_;
  const WallTime built_;
  std::optional<KeptTime> kept_;
  std::optional<std::chrono::milliseconds> chip_;
  Monotonic chip_read_at_{};
  std::optional<Monotonic> keep_due_;
  std::optional<Known> known_;
  std::function<void()> stepped_;
  asio::posix::stream_descriptor steps_;
};

}  // namespace

std::unique_ptr<Timekeeper> make(asio::io_context& loop, const Clock& clock, const std::string& path, WallTime built) {
  return std::make_unique<Implementation>(loop, clock, path, built);
}

}  // namespace vouchgate::timekeeper
