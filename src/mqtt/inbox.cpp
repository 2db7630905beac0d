// One post for a burst of items. Never blocks longer than a vector's push.
#include "inbox.hpp"

#include <utility>

namespace vouchgate::mqtt {

void Inbox::push(Item item) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = items_.empty();
    items_.push_back(std::move(item));
  }
  if (first) post_([self = shared_from_this()] { self->drain(); });
}

void Inbox::drain() {
  std::vector<Item> items;
  {
    const std::lock_guard lock(mutex_);
    items.swap(items_);
  }
  if (drain_) drain_(std::move(items));
}

}  // namespace vouchgate::mqtt
