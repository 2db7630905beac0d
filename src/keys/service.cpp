// One thread that owns the key; the loop's timers answer for it when it hangs. Never runs a callback on its own thread.
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "keeper.hpp"
#include "tpm/quiet.hpp"

namespace vouchgate::keys {
namespace {

using SteadyClock = std::chrono::steady_clock;

// sign() goes through three waits for the hardware at most before it gives up: use, reopen, use. A third for each, and
// the thread is free again when the loop's patience ends.
constexpr int waits_in_a_job = 3;

// A call that waits for its answer. The loop's, but for `open`, which the key's thread reads to skip what was given up.
struct Call {
  std::atomic<bool> open = true;
  TimerId timer = 0;
};

class ServiceImpl : public Service {
 public:
  ServiceImpl(KeySettings settings, Post post, Timers& timers, Duration answer_within)
      : settings_(std::move(settings)), post_(std::move(post)), timers_(timers), answer_within_(answer_within) {
    // Signals belong to the loop's thread: the device TCTI does not survive an interrupted poll (tpm2-tss issue 3086).
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { work(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  ~ServiceImpl() override {
    for (const auto& [id, call] : calls_) {
      call->open = false;
      timers_.cancel(call->timer);
    }
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

  void sign(std::string input, Done done) override {
    ask<Bytes>([input = std::move(input)](Keeper& keeper) { return keeper.sign(view(input)); }, std::move(done));
  }
  void clock(std::function<void(Result<ClockReading>)> done) override {
    ask<ClockReading>([](Keeper& keeper) { return keeper.clock(); }, std::move(done));
  }
  std::optional<KeyInfo> info() const override {
    const std::lock_guard lock(mutex_);
    return info_;
  }
  ServiceHealth health() const override {
    const std::lock_guard lock(mutex_);
    if (!busy_since_) return {};
    return {true, std::chrono::duration_cast<Duration>(SteadyClock::now() - *busy_since_)};
  }

 private:
  using Answer = std::function<void()>;  // for the loop; empty: nobody waits for it any more
  using Job = std::function<Answer(Result<std::unique_ptr<Keeper>>&)>;

  template <class T>
  void ask(std::function<Result<T>(Keeper&)> work, std::function<void(Result<T>)> done) {
    const std::uint64_t id = ++last_id_;
    const auto call = std::make_shared<Call>();
    calls_.emplace(id, call);
    // On the loop: whoever comes first, the thread's answer or the timer's.
    const auto answer = [this, call, id, done = std::move(done)](Result<T> result) {
      if (!call->open.exchange(false)) return;
      timers_.cancel(call->timer);
      calls_.erase(id);
      done(std::move(result));
    };
    call->timer = timers_.after(answer_within_, [this, answer] { answer(fail(gave_up())); });
    Job job = [call, answer, work = std::move(work)](Result<std::unique_ptr<Keeper>>& keeper) -> Answer {
      if (!call->open) return {};
      auto result = std::make_shared<Result<T>>(keeper ? work(**keeper) : Result<T>(fail(keeper.error())));
      return [answer, result] { answer(std::move(*result)); };
    };
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    wake_.notify_all();
  }

  std::string place() const {
    if (settings_.holder == "tpm") return settings_.tpm.tcti;
    return settings_.holder == "atecc608" ? settings_.atecc608.bus : settings_.file.path;
  }
  Error gave_up() const {
    return {Code::timeout, "key", place(), "no answer within " + std::to_string(answer_within_.count()) + " ms",
            "the chip or its simulator hangs, or another program keeps it busy; see dmesg; the gateway goes on trying"};
  }

  void work() {
    auto keeper = keep(settings_, answer_within_ / waits_in_a_job);
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (stopping_) return;
      const Job job = std::move(jobs_.front());
      jobs_.pop_front();
      busy_since_ = SteadyClock::now();
      lock.unlock();
      Answer answer = job(keeper);
      lock.lock();
      busy_since_.reset();
      auto info = keeper ? (*keeper)->info() : std::nullopt;
      if (info) info_ = std::move(info);
      // Last: who hears the answer may ask for health() and info() at once.
      if (answer) post_(std::move(answer));
    }
  }

  const KeySettings settings_;
  const Post post_;
  Timers& timers_;
  const Duration answer_within_;
  std::map<std::uint64_t, std::shared_ptr<Call>> calls_;  // the loop's
  std::uint64_t last_id_ = 0;                             // the loop's
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  std::optional<KeyInfo> info_;
  std::optional<SteadyClock::time_point> busy_since_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Service> start_service(const KeySettings& settings, Post post, Timers& timers, Duration answer_within) {
  tpm::quiet_library();
  return std::make_unique<ServiceImpl>(settings, std::move(post), timers, answer_within);
}

}  // namespace vouchgate::keys
