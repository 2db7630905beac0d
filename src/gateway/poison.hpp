// Finds the message that ends the session each time it is sent. Pure. Never condemns a message that was not alone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "vouchgate/contract/spool.hpp"

namespace vouchgate::gateway {

// Whatever was in flight when a session ended is under suspicion. What was so twice is sent alone from then on: either
// its PUBACK clears it, or the sessions that it ends are counted against it and nothing else. A cloud that takes
// nothing at all looks the same; so, until there is a PUBACK again, each further one needs twice the proof.
class Poison {
 public:
  explicit Poison(std::uint32_t after) : after_(after), needed_(after) {}  // sessions in a row; 0 = never

  bool must_go_alone(Seq seq) const {
    if (losses_.empty()) return false;
    const auto found = losses_.find(seq);
    return found != losses_.end() && found->second >= alone_from;
  }
  void acked(Seq seq) {  // 0: a message without a number
    needed_ = after_;
    if (!losses_.empty()) losses_.erase(seq);
  }
  // A session ended by itself with these in flight; `lone`: with nothing else beside the one. The one to put into
  // quarantine, if it is proven.
  std::optional<Seq> session_lost(const std::vector<Seq>& in_flight, bool lone) {
    if (after_ == 0) return std::nullopt;
    if (losses_.size() > most_suspects) losses_.clear();  // of messages that expired meanwhile
    for (const Seq seq : in_flight) ++losses_[seq];
    if (!lone || losses_[in_flight.front()] < needed_) return std::nullopt;
    needed_ = std::min(2 * needed_, most_needed);
    losses_.erase(in_flight.front());
    return in_flight.front();
  }

 private:
  static constexpr std::uint32_t alone_from = 2;
  static constexpr std::size_t most_suspects = 10'000;
  static constexpr std::uint32_t most_needed = 1'000'000;
  std::uint32_t after_, needed_;
  std::unordered_map<Seq, std::uint32_t> losses_;
};

}  // namespace vouchgate::gateway
