// Time as a parameter: the only clock and the only timers that the gateway and its machines ever see.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace vouchgate {

using Duration = std::chrono::milliseconds;
using Monotonic = std::chrono::steady_clock::time_point;  // schedules; never set, never steps
using WallTime = std::chrono::system_clock::time_point;   // fills claims; may be wrong, may step

// Runs a function on the loop thread, later. Callable from any thread.
using Post = std::function<void(std::function<void()>)>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Monotonic monotonic() const = 0;
  virtual WallTime wall() const = 0;
};

using TimerId = std::uint64_t;  // 0 is never a timer

// One-shot timers whose functions run on the loop thread. Loop thread only.
class Timers {
 public:
  virtual ~Timers() = default;
  virtual TimerId after(Duration delay, std::function<void()> function) = 0;
  virtual void cancel(TimerId id) = 0;  // of a timer that fired, was cancelled or is 0: does nothing
};

}  // namespace vouchgate
