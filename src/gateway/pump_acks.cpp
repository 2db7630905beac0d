// What comes back: PUBACKs, the time in which the cloud may still revoke them, and the end of a session.
#include <algorithm>

#include "pump.hpp"

namespace vouchgate::gateway {

void Pump::hold() {
  traffic_ = Traffic::held;
  if (window_.empty()) hooks_.window_empty();
}

void Pump::acked(const std::vector<std::uint64_t>& ids) {
  const auto now = clock_.monotonic();
  std::size_t count = 0;
  Monotonic latest{};
  for (const std::uint64_t id : ids) {
    const auto found = window_.find(id);
    if (found == window_.end()) continue;
    const Sent sent = found->second;
    window_.erase(found);
    latest = std::max(latest, sent.at);
    ++count;
    if (sent.seq != 0) sent.child->queue.acked(sent.seq);
    if (sent.state) {
      sent.child->state_arrived(now, limits_.state_interval);
      if (sent.child->is_open) enter_ring(*sent.child);
    }
    poison_.acked(sent.seq);
    settling_.push_back({id, sent, now + settings_.attach.settle});
  }
  while (!oldest_.empty() && !window_.contains(oldest_.front().first)) oldest_.pop_front();
  if (count == 0) return;
  size_.acked(count, latest, now);
  round_trip_.sample(now - latest, now);
  alone_ = false;
  settle(now);
  if (traffic_ == Traffic::held && window_.empty()) hooks_.window_empty();
  run();
}

// A cloud acknowledges first and complains on its errors topic afterwards. Only what it has not complained of for
// cloud.attach.settle is delivered.
void Pump::settle(Monotonic now) {
  std::vector<Seq> delivered;
  std::vector<std::uint64_t> direct;
  while (!settling_.empty() && settling_.front().until <= now) {
    const Settling& first = settling_.front();
    if (first.sent.seq == 0) {
      direct.push_back(first.id);
    } else {
      delivered.push_back(first.sent.seq);
      first.sent.child->queue.forgotten(first.sent.seq);
    }
    settling_.pop_front();
  }
  arm_settling(now);
  for (const std::uint64_t id : direct) hooks_.direct_delivered(id);
  if (delivered.empty()) return;
  hooks_.delivered(delivered);
  spool_.forget(std::move(delivered));
}

void Pump::arm_settling(Monotonic now) {
  if (settling_timer_ != 0 || settling_.empty()) return;
  settling_timer_ = timers_.after(std::chrono::ceil<Duration>(settling_.front().until - now), [this] {
    settling_timer_ = 0;
    settle(clock_.monotonic());
  });
}

void Pump::take_back(const DeviceId& device) {
  Child& child = *children_.at(device);
  const auto is_its = [&](const Sent& sent) { return sent.child == &child; };
  if (child.state_in_flight) child.state_arrived(clock_.monotonic(), limits_.state_interval);
  std::erase_if(settling_, [&](const Settling& settling) { return is_its(settling.sent); });
  std::erase_if(window_, [&](const auto& entry) { return is_its(entry.second); });
  while (!oldest_.empty() && !window_.contains(oldest_.front().first)) oldest_.pop_front();
  bytes_ -= child.queue.bytes();
  child.queue.take_back();
  if (window_.empty()) alone_ = false;
  if (child.is_open) enter_ring(child);
  if (traffic_ == Traffic::held && window_.empty()) hooks_.window_empty();
  run();
}

// What was acknowledged on the session that ended is delivered: nobody will revoke it any more.
void Pump::session_lost(bool by_itself) {
  traffic_ = Traffic::closed;
  round_trip_.session_ended();
  turns_.clear();
  settle(Monotonic::max());
  std::vector<Seq> in_flight;
  Child* child_of_lone = nullptr;
  for (const auto& [id, sent] : window_)
    if (sent.seq != 0) in_flight.push_back(sent.seq);
  const bool lone = window_.size() == 1 && in_flight.size() == 1;
  if (lone) child_of_lone = window_.begin()->second.child;
  window_.clear();
  oldest_.clear();
  alone_ = false;
  for (auto& [device, child] : children_) {
    child->queue.rewind();
    if (child->state_in_flight) child->state_arrived(clock_.monotonic(), limits_.state_interval);
  }
  bytes_ = 0;
  if (!by_itself) return;
  const auto poison = poison_.session_lost(in_flight, lone);
  if (!poison) return;
  child_of_lone->queue.withdrawn(*poison);
  spool_.quarantine(*poison, "ended the session each time it was sent");
  hooks_.poisoned(child_of_lone->device, *poison);
}

bool Pump::overdue() const {
  return !oldest_.empty() && clock_.monotonic() - oldest_.front().second > settings_.ack_timeout;
}

}  // namespace vouchgate::gateway
