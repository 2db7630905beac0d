// One post for a burst of items. Never blocks longer than a vector's push.
#include "inbox.hpp"

#include <utility>

namespace vouchgate::mqtt {
namespace {

// Under load a PUBACK that wakes the loop at once makes it publish one message, which wakes both threads of Paho: four
// switches a message. In a millisecond twenty gather at 20,000 a second; the first after a pause still goes at once.
constexpr auto gathering = std::chrono::milliseconds(1);

}  // namespace

void Inbox::push(Item item) {
  Monotonic earliest;
  {
    const std::lock_guard lock(mutex_);
    items_.push_back(std::move(item));
    if (items_.size() > 1) return;  // on its way
    earliest = drained_at_ + gathering;
  }
  auto hand_over = [self = shared_from_this()] { self->post_([self] { self->drain(); }); };
  if (earliest <= std::chrono::steady_clock::now())
    hand_over();
  else
    later_(earliest, std::move(hand_over));
}

void Inbox::drain() {
  std::vector<Item> items;
  {
    const std::lock_guard lock(mutex_);
    items.swap(items_);
    drained_at_ = std::chrono::steady_clock::now();
  }
  if (drain_) drain_(std::move(items));
}

}  // namespace vouchgate::mqtt
