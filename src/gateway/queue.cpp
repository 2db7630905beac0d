// The bookkeeping of one child's queue. Order within a lane is that of the sequence numbers, always.
#include "queue.hpp"

#include <algorithm>

namespace vouchgate::gateway {

void Queue::stored(Record record, bool room) {
  if (record.seq <= cursor_) return;  // a read was quicker than its own acknowledgement
  const bool behind = more_on_disk_ || doubt_ || reading_ || !live_.empty();
  if (!room || (behind && live_share_ == 0)) {
    more_on_disk_ = true;
    return;
  }
  bytes_ += record.message.payload.size();
  if (behind) {
    live_.push_back(std::move(record));
  } else {
    cursor_ = record.seq;
    ready_.push_back(std::move(record));
  }
}

void Queue::adopt(Seq seq) {
  in_flight_.insert(seq);
  if (idle() && !doubt_ && !reading_) cursor_ = std::max(cursor_, seq);
}

std::optional<Seq> Queue::begin_read() {
  if (!wants_read()) return std::nullopt;
  reading_ = true;
  doubting_ = !more_on_disk_;
  more_on_disk_ = doubt_ = false;  // whatever is stored from now on sets it again
  return cursor_;
}

void Queue::end_read(std::vector<Record> records, Seq cursor) {
  reading_ = false;
  if (cursor != cursor_) {  // went back meanwhile: this answer starts at the wrong place
    more_on_disk_ = true;
    gone_.clear();
    return;
  }
  // An empty answer is the only proof that the disk holds nothing further.
  if (!records.empty()) more_on_disk_ = true;
  for (Record& record : records) {
    cursor_ = record.seq;
    if (is_taken(record.seq)) continue;
    bytes_ += record.message.payload.size();
    ready_.push_back(std::move(record));
  }
  gone_.clear();
}

bool Queue::is_taken(Seq seq) const {
  return in_flight_.contains(seq) || acked_.contains(seq) || gone_.contains(seq) ||
         std::ranges::binary_search(live_, seq, {}, &Record::seq);
}

void Queue::fail_read() {
  reading_ = false;
  (doubting_ ? doubt_ : more_on_disk_) = true;
  gone_.clear();
}

// While both lanes have something, `live_share_` of a hundred turns are the live lane's, evenly spread.
bool Queue::live_next() const {
  if (live_.empty() || ready_.empty()) return ready_.empty();
  return (turn_ + 1) * live_share_ / 100 > turn_ * live_share_ / 100;
}

const Record* Queue::head() const {
  const std::deque<Record>& lane = live_next() ? live_ : ready_;
  return lane.empty() ? nullptr : &lane.front();
}

Record Queue::take() {
  std::deque<Record>& lane = live_next() ? live_ : ready_;
  if (!live_.empty() && !ready_.empty()) turn_ = (turn_ + 1) % 100;
  Record record = std::move(lane.front());
  lane.pop_front();
  bytes_ -= record.message.payload.size();
  in_flight_.insert(record.seq);
  return record;
}

void Queue::acked(Seq seq) {
  if (in_flight_.erase(seq) > 0) acked_.insert(seq);
}

void Queue::forgotten(Seq seq) {
  if (acked_.erase(seq) > 0 && reading_) gone_.insert(seq);
}

void Queue::withdrawn(Seq seq) {
  in_flight_.erase(seq);
  if (reading_) gone_.insert(seq);
}

void Queue::back_to(Seq first) {
  cursor_ = std::min(cursor_, first - 1);
  more_on_disk_ = true;
}

void Queue::drop_ready() {
  if (!ready_.empty()) back_to(ready_.front().seq);
  if (!live_.empty()) back_to(live_.front().seq);
  ready_.clear();
  live_.clear();
  bytes_ = 0;
}

void Queue::rewind() {
  drop_ready();
  if (!in_flight_.empty()) back_to(*in_flight_.begin());
  in_flight_.clear();
}

void Queue::take_back() {
  rewind();
  if (!acked_.empty()) back_to(*acked_.begin());
  acked_.clear();
}

}  // namespace vouchgate::gateway
