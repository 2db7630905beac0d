// The real clock and real timers on the loop. Never used by anything that can be handed a virtual one.
#pragma once

#include <map>
#include <memory>

#include "vouchgate/base/asio.hpp"
#include "vouchgate/contract/clock.hpp"

namespace vouchgate::app {

class SystemClock : public Clock {
 public:
  Monotonic monotonic() const override { return std::chrono::steady_clock::now(); }
  WallTime wall() const override { return std::chrono::system_clock::now(); }
};

class LoopTimers : public Timers {
 public:
  explicit LoopTimers(asio::io_context& loop) : loop_(loop) {}

  TimerId after(Duration delay, std::function<void()> function) override;
  void cancel(TimerId id) override { timers_.erase(id); }

 private:
  struct Timer {
    explicit Timer(asio::io_context& loop) : timer(loop) {}
    asio::steady_timer timer;
    std::function<void()> function;
  };
  asio::io_context& loop_;
  TimerId next_ = 1;
  std::map<TimerId, std::unique_ptr<Timer>> timers_;
};

}  // namespace vouchgate::app
