// Time as a parameter: the only clock and the only timers that the gateway and its machines ever see.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

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

// How far Clock::wall() may be believed.
enum class TimeConfidence {
  wrong,         // it contradicts a time that is known: no token may be made from it
  plausible,     // nothing speaks against it, nobody vouches for it
  synchronised,  // the kernel says that a time source disciplines it
};
constexpr const char* word(TimeConfidence confidence) {
  switch (confidence) {
    case TimeConfidence::wrong: return "wrong";
    case TimeConfidence::plausible: return "plausible";
    case TimeConfidence::synchronised: return "synchronised";
  }
  return "";
}
struct TimeReport {
  TimeConfidence confidence = TimeConfidence::wrong;
  std::string reason;  // one clause: what it was compared with
};

// Implementations: timekeeper room; a plain one in tests. Loop thread only.
class TimeJudge {
 public:
  virtual ~TimeJudge() = default;
  virtual TimeReport judge() = 0;  // cheap, never blocks
  // The cloud accepted a token that was made from Clock::wall(): it is right within minutes.
  virtual void confirmed() = 0;
  // `stepped` is called after the wall clock was set (not slewed), or evidence came, from then on until it is replaced.
  virtual void on_step(std::function<void()> stepped) = 0;
};

}  // namespace vouchgate
