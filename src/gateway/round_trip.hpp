// How long the cloud takes to acknowledge: from handing a QoS 1 publish to the MQTT client until its PUBACK is seen,
// smoothed as TCP does (RFC 6298, 2: SRTT with alpha = 1/8). Pure. Never shows a figure that has gone stale.
#pragma once

#include <optional>

#include "vouchgate/contract/clock.hpp"

namespace vouchgate::gateway {

class RoundTrip {
 public:
  void sample(Monotonic::duration trip, Monotonic now) {
    smoothed_ = smoothed(now) ? (7 * smoothed_ + trip) / 8 : trip;
    at_ = now;
  }
  void session_ended() { at_.reset(); }
  // None when nothing was acknowledged lately: an idle session tells nothing of the path.
  std::optional<std::chrono::microseconds> smoothed(Monotonic now) const {
    if (!at_ || now - *at_ > stale_after) return std::nullopt;
    return std::chrono::duration_cast<std::chrono::microseconds>(smoothed_);
  }

 private:
  static constexpr auto stale_after = std::chrono::minutes(1);
  Monotonic::duration smoothed_{};
  std::optional<Monotonic> at_;
};

}  // namespace vouchgate::gateway
