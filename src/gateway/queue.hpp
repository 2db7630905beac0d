// One child's view of the spool: what is in memory ready to go, what is in flight, what is still on disk only. Pure.
// Never holds more in memory than it is told; the spool stays the source of truth.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <vector>

#include "vouchgate/contract/spool.hpp"

namespace vouchgate::gateway {

class Queue {
 public:
  // A record was stored just now. Kept in memory if everything before it is there too and `room` allows.
  void stored(Record record, bool room);
  // Something of this child is on disk (start-up).
  void found_on_disk() { more_on_disk_ = true; }

  // What to read next, if a read would help: the cursor for Spool::read. Marks the read as under way.
  std::optional<Seq> begin_read();
  // The answer to that read, with the cursor it was asked with.
  void end_read(std::vector<Record> records, Seq cursor);
  void fail_read();

  const Record* head() const { return ready_.empty() ? nullptr : &ready_.front(); }
  Record take();        // the head goes in flight
  void acked(Seq seq);  // PUBACK

  // The session is gone: what was in flight is to be sent again, in order. Memory is given back.
  void rewind();
  // The child is closed but the session lives: memory is given back, what is in flight stays so.
  void release();

  std::size_t in_flight() const { return in_flight_.size(); }
  std::size_t ready() const { return ready_.size(); }
  std::size_t bytes() const { return bytes_; }
  bool wants_read() const { return more_on_disk_ && !reading_; }

 private:
  void drop_ready();

  std::deque<Record> ready_;
  std::set<Seq> in_flight_;
  std::set<Seq> acked_ahead_;  // acked while an earlier one was not: skipped when read again
  Seq cursor_ = 0;             // everything up to here was taken into memory once
  std::size_t bytes_ = 0;
  bool more_on_disk_ = false;
  bool reading_ = false;
};

}  // namespace vouchgate::gateway
