// One thread that owns the signer. A failure drops the signer, so that the next job opens it anew: a TPM that went away
// and came back needs no restart. Never runs a callback on its own thread.
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <thread>

#include "tpm/quiet.hpp"
#include "vouchgate/keys/keys.hpp"

namespace vouchgate::keys {
namespace {

using SteadyClock = std::chrono::steady_clock;

class ServiceImpl : public Service {
 public:
  ServiceImpl(KeySettings settings, Post post) : settings_(std::move(settings)), post_(std::move(post)) {
    // Signals belong to the loop's thread: the device TCTI does not survive an interrupted poll (tpm2-tss issue 3086).
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { work(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  ~ServiceImpl() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

  void sign(std::string input, Done done) override {
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back({std::move(input), std::move(done)});
    }
    wake_.notify_all();
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
  struct Job {
    std::string input;
    Done done;
  };

  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (stopping_) return;
      const Job job = std::move(jobs_.front());
      jobs_.pop_front();
      busy_since_ = SteadyClock::now();
      lock.unlock();
      auto result = std::make_shared<Result<Bytes>>(sign_now(job.input));
      lock.lock();
      busy_since_.reset();
      if (signer_) info_ = signer_->info();
      post_([done = job.done, result] { done(std::move(*result)); });
    }
  }

  Result<Bytes> sign_now(const std::string& input) {
    if (!signer_) {
      auto opened = open(settings_);
      if (!opened) return fail(opened.error());
      signer_ = std::move(*opened);
    }
    auto signature = signer_->sign(view(input));
    if (!signature) signer_.reset();
    return signature;
  }

  const KeySettings settings_;
  const Post post_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  std::optional<KeyInfo> info_;
  std::optional<SteadyClock::time_point> busy_since_;
  bool stopping_ = false;
  std::unique_ptr<Signer> signer_;  // the thread's alone
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Service> start_service(const KeySettings& settings, Post post) {
  tpm::quiet_library();
  return std::make_unique<ServiceImpl>(settings, std::move(post));
}

}  // namespace vouchgate::keys
