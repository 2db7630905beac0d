// How long each planned token swap kept messages waiting. Pure. Never influences a swap.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "vouchgate/contract/status.hpp"

namespace vouchgate::gateway {

class SwapLog {
 public:
  void held(Monotonic now) { held_at_ = now, report_ = {}, opened_ = false; }
  void session_lost(std::size_t in_flight) { report_.in_flight = static_cast<std::uint32_t>(in_flight); }
  void queue_opened(Monotonic now) {
    if (!held_at_ || opened_) return;
    report_.pause = std::chrono::duration_cast<Duration>(now - *held_at_);
    opened_ = true;
  }
  // Every child is open or held off: the swap is over. Nothing if none was under way.
  std::optional<SwapReport> settled(Monotonic now) {
    if (!held_at_) return std::nullopt;
    report_.full = std::chrono::duration_cast<Duration>(now - *held_at_);
    if (!opened_) report_.pause = report_.full;
    held_at_.reset();
    ++count_;
    recent_.push_back(report_);
    if (recent_.size() > most_kept) recent_.pop_front();
    return report_;
  }
  std::uint64_t count() const { return count_; }
  std::vector<SwapReport> recent() const { return {recent_.begin(), recent_.end()}; }

 private:
  static constexpr std::size_t most_kept = 32;
  std::optional<Monotonic> held_at_;
  SwapReport report_;
  bool opened_ = false;
  std::uint64_t count_ = 0;
  std::deque<SwapReport> recent_;
};

}  // namespace vouchgate::gateway
