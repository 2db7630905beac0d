// Full-jitter exponential backoff, pure: randomness is a parameter. Never sleeps, never gives up.
#pragma once

#include <chrono>
#include <functional>

namespace vouchgate {

using Duration = std::chrono::milliseconds;
// Uniform in [0, 1). Production hands in a real generator, tests a constant.
using Random = std::function<double()>;

class Backoff {
 public:
  // Waits are uniform in [floor, min(cap, base * 2^n)] for the n-th failure in a row, n from 0.
  Backoff(Duration base, Duration cap, Duration floor = Duration(0)) : base_(base), cap_(cap), floor_(floor) {}

  Duration next(double random01);
  void reset() { failures_ = 0; }
  int failures() const { return failures_; }

 private:
  Duration base_, cap_, floor_;
  int failures_ = 0;
};

}  // namespace vouchgate
