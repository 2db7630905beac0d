// A token bucket in virtual-scheduling form (GCRA, ITU-T I.371): how fast the cloud lets a connection or a child speak.
// Pure. Never drops; it only says when.
#pragma once

#include "vouchgate/contract/clock.hpp"

namespace vouchgate::gateway {

class Pacer {
 public:
  // `interval` between messages, 0 = unlimited; `burst` messages may come at once after a pause, at least 1.
  explicit Pacer(std::chrono::nanoseconds interval, unsigned burst = 1)
      : interval_(interval), slack_(interval * (burst - 1)) {}

  // How long until the next message may go; 0 = now.
  std::chrono::nanoseconds wait(Monotonic now) const {
    const auto allowed = theoretical_ - slack_;
    return now >= allowed ? std::chrono::nanoseconds(0) : allowed - now;
  }
  void take(Monotonic now) { theoretical_ = (now > theoretical_ ? now : theoretical_) + interval_; }

 private:
  std::chrono::nanoseconds interval_, slack_;
  Monotonic theoretical_{};
};

}  // namespace vouchgate::gateway
