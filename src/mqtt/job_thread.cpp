// The queue of timed jobs behind JobThread. Never holds its lock while a job runs.
#include "job_thread.hpp"

namespace vouchgate::mqtt {

JobThread::~JobThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void JobThread::at(Monotonic when, std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.emplace(when, std::move(job));
  }
  changed_.notify_one();
}

void JobThread::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto first = jobs_.begin();
    if (first != jobs_.end() && first->first <= std::chrono::steady_clock::now()) {
      auto job = jobs_.extract(first);
      lock.unlock();
      job.mapped()();
      job = {};  // what the job owned dies outside the lock
      lock.lock();
    } else if (stopping_) {
      return;
    } else if (first == jobs_.end()) {
      changed_.wait(lock);
    } else {
      const auto until = first->first;  // a copy: wait_until reads it after another thread may have changed the map
      changed_.wait_until(lock, until);
    }
  }
}

}  // namespace vouchgate::mqtt
