// One child's view of the spool: what is in memory ready to go, what is in flight, what is still on disk only. Pure.
// Never holds more in memory than it is told; the spool stays the source of truth.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <vector>

#include "vouchgate/contract/spool.hpp"

namespace vouchgate::gateway {

// Two lanes, both in order of seq: the main lane follows a cursor over everything on disk; with live-first, what is
// stored while the main lane is behind goes to the live lane, overtaking the backlog.
class Queue {
 public:
  // live_share: percent of the turns for the live lane while both have something; 0 = oldest first, no live lane.
  explicit Queue(unsigned live_share = 0) : live_share_(live_share) {}

  // A record was stored just now. Kept in memory if its lane's order and `room` allow.
  void stored(Record record, bool room);
  // Something of this child is on disk (start-up, or out of quarantine).
  void found_on_disk() { more_on_disk_ = true; }
  // A write that failed may have left something there. Worth a look, but nobody was promised it: nothing waits for it.
  void look_again() { doubt_ = true; }
  // It was sent before it was stored, and its PUBACK is still awaited.
  void adopt(Seq seq);

  // What to read next, if a read would help: the cursor for Spool::read. Marks the read as under way.
  std::optional<Seq> begin_read();
  // The answer to that read, with the cursor it was asked with.
  void end_read(std::vector<Record> records, Seq cursor);
  void fail_read();

  const Record* head() const;
  Record take();            // the head goes in flight
  void acked(Seq seq);      // PUBACK: not sent again unless the cloud takes it back
  void forgotten(Seq seq);  // acked for good: Spool::forget() was called
  void withdrawn(Seq seq);  // taken off this queue by Spool::quarantine(), or by Spool::forget() before it was sent

  // The session is gone: what was in flight is to be sent again, in order. Memory is given back.
  void rewind();
  // The cloud dropped what it acknowledged lately: that too is to be sent again.
  void take_back();
  // The child is closed but the session lives: memory is given back, what is in flight stays so.
  void release() { drop_ready(); }

  std::size_t in_flight() const { return in_flight_.size(); }
  std::size_t ready() const { return ready_.size() + live_.size(); }
  std::size_t bytes() const { return bytes_; }
  bool wants_read() const { return (more_on_disk_ || doubt_) && !reading_; }
  // Nothing waits, in memory or on disk; in flight there may be something.
  bool idle() const { return ready() == 0 && !more_on_disk_ && (!reading_ || doubting_); }

 private:
  void drop_ready();
  void back_to(Seq first);
  bool live_next() const;
  bool is_taken(Seq seq) const;

  std::deque<Record> ready_, live_;
  std::set<Seq> in_flight_;
  std::set<Seq> acked_;  // not forgotten yet: the disk still shows them
  std::set<Seq> gone_;   // forgotten or withdrawn during the read under way, whose answer may still show them
  Seq cursor_ = 0;       // of the main lane: everything up to here was taken into memory once
  std::size_t bytes_ = 0;
  unsigned live_share_, turn_ = 0;
  bool more_on_disk_ = false, doubt_ = false;
  bool reading_ = false, doubting_ = false;  // doubting: the read under way is for a doubt alone
};

}  // namespace vouchgate::gateway
