// Time and a loop in the hands of a test: nothing moves unless the test says so. Never sleeps.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "vouchgate/contract/clock.hpp"

namespace vouchgate::support {

// A clock and its timers. The clock may be read by any thread; all else belongs to the test's thread.
class VirtualTime : public Clock, public Timers {
 public:
  // Later than any build date, so that no part takes this clock for a wrong one.
  static constexpr WallTime start_of_wall{std::chrono::seconds(1893456000)};  // 2030-01-01T00:00:00Z
  static constexpr Monotonic start_of_monotonic{std::chrono::hours(1)};

  Monotonic monotonic() const override { return start_of_monotonic + Duration(elapsed_.load()); }
  WallTime wall() const override { return start_of_wall + Duration(elapsed_.load() + wall_offset_.load()); }

  TimerId after(Duration delay, std::function<void()> function) override {
    const TimerId id = ++last_id_;
    timers_.emplace(Key{monotonic() + std::max(delay, Duration(0)), id}, std::move(function));
    return id;
  }
  void cancel(TimerId id) override {
    std::erase_if(timers_, [id](const auto& timer) { return timer.first.second == id; });
  }

  // Moves time on and fires what falls due, in order of the due times, equal ones in the order they were set; also
  // timers that are set meanwhile. Each function sees the clock at its own due time. advance(0) fires what is due now.
  void advance(Duration by) {
    const Monotonic end = monotonic() + by;
    while (!timers_.empty() && timers_.begin()->first.first <= end) {
      set(std::max(timers_.begin()->first.first, monotonic()));
      const auto function = std::move(timers_.begin()->second);
      timers_.erase(timers_.begin());
      function();
      if (after_each_) after_each_();
    }
    set(std::max(end, monotonic()));
    if (after_each_) after_each_();
  }
  // Somebody sets the wall clock; timers do not notice.
  void step_wall(Duration by) { wall_offset_ += by.count(); }

  // Runs after every fired timer and at the end of advance(), e.g. [&] { loop.run_all(); }.
  void after_each(std::function<void()> function) { after_each_ = std::move(function); }

  std::size_t armed() const { return timers_.size(); }
  std::optional<Duration> next_timer() const {
    if (timers_.empty()) return std::nullopt;
    return std::chrono::duration_cast<Duration>(timers_.begin()->first.first - monotonic());
  }

 private:
  using Key = std::pair<Monotonic, TimerId>;
  void set(Monotonic now) { elapsed_ = std::chrono::duration_cast<Duration>(now - start_of_monotonic).count(); }

  std::atomic<Duration::rep> elapsed_ = 0, wall_offset_ = 0;
  std::map<Key, std::function<void()>> timers_;
  TimerId last_id_ = 0;
  std::function<void()> after_each_;
};

// The loop: functions wait here until the test runs them. post() may be called by any thread.
class ManualPost {
 public:
  // Valid as long as this object lives.
  Post post() {
    return [this](std::function<void()> function) {
      const std::lock_guard lock(mutex_);
      functions_.push_back(std::move(function));
      posted_.notify_all();
    };
  }

  // Runs what waits, also what is posted meanwhile, until nothing is left. Returns how many functions ran.
  std::size_t run_all() {
    std::size_t ran = 0;
    while (auto function = take()) {
      function();
      ++ran;
    }
    return ran;
  }

  // Runs at most `most` functions: a crash may fall after any of them.
  std::size_t run(std::size_t most) {
    std::size_t ran = 0;
    for (; ran < most; ++ran) {
      auto function = take();
      if (!function) break;
      function();
    }
    return ran;
  }

  // Runs functions, waiting for other threads to post them, until done() or the deadline. Returns done().
  template <class Done>
  bool run_until(Done done, std::chrono::milliseconds deadline = std::chrono::seconds(20)) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!done()) {
      {
        std::unique_lock lock(mutex_);
        if (!posted_.wait_until(lock, end, [this] { return !functions_.empty(); })) return done();
      }
      if (auto function = take()) function();
    }
    return true;
  }

  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return functions_.size();
  }
  // What waits is never run: the process died.
  void drop_all() {
    std::deque<std::function<void()>> dropped;
    const std::lock_guard lock(mutex_);
    dropped.swap(functions_);
  }

 private:
  std::function<void()> take() {
    const std::lock_guard lock(mutex_);
    if (functions_.empty()) return {};
    auto function = std::move(functions_.front());
    functions_.pop_front();
    return function;
  }

  mutable std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<std::function<void()>> functions_;
};

}  // namespace vouchgate::support
