// The bookkeeping of one child's queue. Order is that of the sequence numbers, always.
#include "queue.hpp"

namespace vouchgate::gateway {

void Queue::stored(Record record, bool room) {
  if (record.seq <= cursor_) return;  // a read was quicker than its own acknowledgement
  if (more_on_disk_ || reading_ || !room) {
    more_on_disk_ = true;
    return;
  }
  bytes_ += record.message.payload.size();
  cursor_ = record.seq;
  ready_.push_back(std::move(record));
}

std::optional<Seq> Queue::begin_read() {
  if (!wants_read()) return std::nullopt;
  reading_ = true;
  more_on_disk_ = false;  // whatever is stored from now on sets it again
  return cursor_;
}

void Queue::end_read(std::vector<Record> records, Seq cursor) {
  reading_ = false;
  if (cursor != cursor_) {  // rewound meanwhile: this answer starts at the wrong place
    more_on_disk_ = true;
    return;
  }
  // An empty answer is the only proof that the disk holds nothing further.
  if (!records.empty()) more_on_disk_ = true;
  for (Record& record : records) {
    cursor_ = record.seq;
    if (acked_ahead_.erase(record.seq) > 0) continue;
    bytes_ += record.message.payload.size();
    ready_.push_back(std::move(record));
  }
  if (in_flight_.empty()) acked_ahead_.erase(acked_ahead_.begin(), acked_ahead_.upper_bound(cursor_));
}

void Queue::fail_read() {
  reading_ = false;
  more_on_disk_ = true;
}

Record Queue::take() {
  Record record = std::move(ready_.front());
  ready_.pop_front();
  bytes_ -= record.message.payload.size();
  in_flight_.insert(record.seq);
  return record;
}

void Queue::acked(Seq seq) {
  if (in_flight_.erase(seq) == 0) return;
  if (in_flight_.empty()) {
    acked_ahead_.clear();
    return;
  }
  if (seq > *in_flight_.begin()) acked_ahead_.insert(seq);
  acked_ahead_.erase(acked_ahead_.begin(), acked_ahead_.lower_bound(*in_flight_.begin()));
}

void Queue::drop_ready() {
  if (ready_.empty()) return;
  cursor_ = ready_.front().seq - 1;
  ready_.clear();
  bytes_ = 0;
  more_on_disk_ = true;
}

void Queue::rewind() {
  drop_ready();
  if (in_flight_.empty()) return;
  cursor_ = *in_flight_.begin() - 1;
  in_flight_.clear();
  more_on_disk_ = true;
}

void Queue::release() { drop_ready(); }

}  // namespace vouchgate::gateway
