// A token bucket in virtual-scheduling form (GCRA, ITU-T I.371): how fast the cloud lets a connection or a child speak.
// Pure. Never drops; it only says when.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "vouchgate/contract/clock.hpp"

namespace vouchgate::gateway {

class Pacer {
 public:
  // `interval` between messages, 0 = unlimited; `burst` messages may come at once after a pause, at least 1.
  explicit Pacer(std::chrono::nanoseconds interval, unsigned burst = 1)
      : Pacer(interval, interval * (burst - 1), nullptr) {}
  // By bytes: `rate` in bytes per second, 0 = unlimited; after a pause the worth of `slack` may come at once, and at
  // least one message.
  static Pacer of_bytes(std::uint64_t rate, std::chrono::nanoseconds slack) {
    Pacer pacer(std::chrono::nanoseconds(0), slack, nullptr);
    pacer.rate_ = rate;
    return pacer;
  }

  // How long until the next message may go; 0 = now.
  std::chrono::nanoseconds wait(Monotonic now) const {
    const auto allowed = theoretical_ - slack_;
    return now >= allowed ? std::chrono::nanoseconds(0) : allowed - now;
  }
  void take(Monotonic now, std::size_t bytes = 0) {
    const double share = rate_ == 0 ? 0 : static_cast<double>(bytes) / static_cast<double>(rate_);
    const auto cost = interval_ + std::chrono::nanoseconds(static_cast<std::int64_t>(share * 1e9));
    theoretical_ = std::max(now, theoretical_) + cost;
  }

 private:
  Pacer(std::chrono::nanoseconds interval, std::chrono::nanoseconds slack, std::nullptr_t)
      : interval_(interval), slack_(slack) {}
  std::chrono::nanoseconds interval_, slack_;
  std::uint64_t rate_ = 0;
  Monotonic theoretical_{};
};

}  // namespace vouchgate::gateway
