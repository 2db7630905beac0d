// How many publishes may wait for their PUBACK: twice what the path holds (rate times the shortest round trip), so that
// a long path is filled and a short one is not flooded. Pure. Never more than its limit, never less than its floor.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "vouchgate/contract/clock.hpp"

namespace vouchgate::gateway {

class Window {
 public:
  explicit Window(std::uint32_t most) : most_(most), floor_(std::min(most, floor)), size_(floor_) {}

  std::uint32_t size() const { return size_; }
  std::uint32_t most() const { return most_; }

  void limit(std::uint32_t most) {
    most_ = most;
    floor_ = std::min(most, floor);
    size_ = std::clamp(size_, floor_, most_);
  }

  // PUBACKs arrived; `sent` is when the first of them was published.
  void acked(std::size_t count, Monotonic sent, Monotonic now) {
    const auto trip = now - sent;
    shortest_now_ = std::min(shortest_now_, trip);
    acks_ += count;
    if (now - round_at_ < round) return;
    if (now - round_at_ < 10 * round) resize(now);  // else there was a pause: the count says nothing of the rate
    acks_ = 0;
    round_at_ = now;
    if (now - epoch_at_ < epoch) return;
    shortest_before_ = std::exchange(shortest_now_, Monotonic::duration::max());
    epoch_at_ = now;
  }

 private:
  // Over loopback, k messages a second: 100: 14 15 14 18, 200: 21 18 18 15, 400: 18 19. More than enough for a LAN; too
  // few runs to tell 200 from 400, and fewer repeats after a crash decide.
  static constexpr std::uint32_t floor = 200;
  static constexpr Duration round{100}, epoch{10'000};

  void resize(Monotonic now) {
    const auto shortest = std::min(shortest_now_, shortest_before_);
    const double held = static_cast<double>(acks_) *
                        (static_cast<double>(shortest.count()) / static_cast<double>((now - round_at_).count()));
    const auto wanted = static_cast<std::uint32_t>(std::min<double>(2 * held, most_));
    size_ = std::clamp(std::max(wanted, size_ - size_ / 8), floor_, most_);
  }

  std::uint32_t most_, floor_, size_;
  std::uint64_t acks_ = 0;
  Monotonic round_at_{}, epoch_at_{};
  Monotonic::duration shortest_now_ = Monotonic::duration::max(), shortest_before_ = Monotonic::duration::max();
};

}  // namespace vouchgate::gateway
