// The last hour in samples of a minute, made from what the status counts. Pure: never reads a clock.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "vouchgate/contract/status.hpp"

namespace vouchgate::metrics {

class History {
 public:
  static constexpr std::size_t most_samples = 60;

  // Once a minute. The first call only remembers where counting begins.
  void sample(const Status& status, Monotonic now);

  // Oldest first, at most 60: [{"age_s":60,"stored":7,"delivered":7,"pending":0,"bytes":0,"connected":true}]. Stored
  // and delivered (with what never touched the disk) are those of the sample's minute, the rest is as of its end.
  std::string json(Monotonic now) const;

 private:
  struct Sample {
    Monotonic at;
    std::uint64_t stored, delivered, pending, bytes;
    bool connected;
  };
  struct Counted {
    std::uint64_t stored, delivered;
  };
  std::optional<Counted> last_;
  std::deque<Sample> samples_;
};

}  // namespace vouchgate::metrics
