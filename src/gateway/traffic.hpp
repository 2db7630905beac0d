// What came and went in the last seconds and the last hour, from counters that only grow. Pure: never reads a clock.
#pragma once

#include <deque>

#include "vouchgate/contract/status.hpp"

namespace vouchgate::gateway {

class Traffic {
 public:
  static constexpr Duration step = std::chrono::minutes(5);
  static constexpr std::size_t steps = 13;  // an hour, and the one under way

  // Once a second. `totals` as counted until now; the first call only remembers where counting begins.
  void sample(const TrafficCounts& totals, Monotonic now);
  // `room`: bytes that the spool could still take.
  TrafficStatus status(std::uint64_t room) const;

 private:
  struct Sample {
    Monotonic at;
    TrafficCounts totals;
  };
  std::deque<Sample> recent_;  // the last ten seconds
  std::deque<Sample> marks_;   // where each step of the last hour began, oldest first
  TrafficCounts first_;
};

}  // namespace vouchgate::gateway
