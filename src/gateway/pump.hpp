// Moves records from the children's queues into the session's window, in turn, at the cloud's pace. Owns the window.
// Its bodies stand in pump.cpp (the way out) and pump_acks.cpp (what comes back, and the end of a session).
// Never decides whether a child may speak, and never keeps a message that the spool does not have.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "pacer.hpp"
#include "poison.hpp"
#include "queue.hpp"
#include "round_trip.hpp"
#include "vouchgate/contract/spool.hpp"
#include "vouchgate/contract/transport.hpp"
#include "vouchgate/dialect/dialect.hpp"
#include "vouchgate/model/settings.hpp"
#include "window.hpp"

namespace vouchgate::gateway {

// Ids of publishes that have no record lie above every sequence number of the spool.
constexpr std::uint64_t direct_id_bit = std::uint64_t{1} << 61;

class Pump {
 public:
  struct Hooks {
    std::function<void()> window_empty;  // in flight fell to 0 while traffic was held
    std::function<void(const std::vector<Seq>&)> delivered;
    std::function<void(std::uint64_t id)> direct_delivered;
    std::function<void(const DeviceId&, Seq)> poisoned;  // was put into quarantine
    std::function<void(const Error&)> spool_failed;
  };
  Pump(const Settings& settings, Clock& clock, Timers& timers, Spool& spool, Transport& transport,
       const dialect::Dialect& dialect, Hooks hooks);
  ~Pump();
  Pump(const Pump&) = delete;
  Pump& operator=(const Pump&) = delete;

  void add(const DeviceId& device);  // known already: nothing happens
  void reconfigure();                // the settings it was made with have new limits
  void found_on_disk(const DeviceId& device);
  void look_again(const DeviceId& device);  // a write failed: did it leave something on the disk?
  void stored(Record record);               // just acknowledged by the spool

  // Publishes without a record if nothing of this child waits and nobody else does. 0: not now; else the id that
  // direct_delivered() names, or adopt().
  std::uint64_t publish_direct(const Message& message);
  // What was published directly is on the disk now. False: it is neither in flight nor acknowledged.
  bool adopt(std::uint64_t id, Seq seq);
  bool is_in_flight(std::uint64_t id) const;  // or acknowledged, but not delivered yet
  // It came to the disk after direct_delivered() had named it: not to be sent from there.
  void forget(const DeviceId& device, Seq seq);

  void open(const DeviceId& device);   // the cloud takes this child's messages
  void close(const DeviceId& device);  // it does not, for now
  // The cloud dropped the child, and with it what it may have acknowledged since: all of that is to be sent again.
  void take_back(const DeviceId& device);

  // A turn on the wire for an attach or a subscribe, before any telemetry, at the same pace.
  void request_turn(std::function<void()> turn);

  void start();  // a session is up
  void hold();   // no new publish; window_empty follows, at once if it is empty already
  // What was in flight goes back. by_itself: nobody asked for the end, so a message may be the cause.
  void session_lost(bool by_itself);

  void acked(const std::vector<std::uint64_t>& ids);
  void poke();           // once a second: takes up what a failed read left behind
  bool overdue() const;  // the oldest publish has waited longer than cloud.ack_timeout
  bool is_idle(const DeviceId& device) const { return children_.at(device)->queue.idle(); }  // nothing waits
  std::size_t in_flight() const { return window_.size(); }
  std::size_t window() const { return size_.size(); }
  std::optional<std::chrono::microseconds> round_trip() const { return round_trip_.smoothed(clock_.monotonic()); }

 private:
  enum class Traffic { closed, open, held };
  struct Child {
    Child(DeviceId id, Duration state_interval, unsigned live_share)
        : device(std::move(id)), queue(live_share), state_pace(state_interval) {}
    DeviceId device;
    Queue queue;
    Pacer state_pace;
    TimerId timer = 0;  // waits for the state pace
    bool is_open = false;
    bool in_ring = false;
    bool state_in_flight = false;  // and the pace counts
    // The cloud counts from one arrival to the next, and a link delays each as it likes; nothing is sure to have
    // arrived before its PUBACK. So the interval runs from there.
    void state_arrived(Monotonic now, Duration interval);
  };
  struct Sent {
    Child* child;
    Monotonic at;
    Seq seq;  // 0: no record
    bool state = false;
  };
  // Acknowledged, but an error of the cloud may still revoke it.
  struct Settling {
    std::uint64_t id;
    Sent sent;
    Monotonic until;
  };

  void run();
  bool wait_for_pace();  // true: not now, a timer is armed
  bool step();           // false: nothing more to do for now
  bool publish_head(Child& child);
  bool state_must_wait(Child& child);  // true: a timer or a PUBACK brings the child back
  bool send(Child& child, std::uint64_t id, Seq seq, Message message);
  void enter_ring(Child& child);
  void read_more(Child& child);
  bool has_room(const Child& child) const;
  std::chrono::nanoseconds pace(Monotonic now) const;
  void settle(Monotonic now);
  void arm_settling(Monotonic now);

  const CloudSettings& settings_;
  const SpoolSettings& spool_settings_;
  Clock& clock_;
  Timers& timers_;
  Spool& spool_;
  Transport& transport_;
  const dialect::Dialect& dialect_;
  Hooks hooks_;
  LimitSettings limits_;  // as they are applied
  Pacer pace_, byte_pace_;
  Window size_;
  RoundTrip round_trip_;
  Poison poison_;
  std::unordered_map<DeviceId, std::unique_ptr<Child>> children_;
  std::deque<Child*> ring_;  // open children with something to send, in turn
  std::deque<std::function<void()>> turns_;
  std::unordered_map<std::uint64_t, Sent> window_;
  std::deque<std::pair<std::uint64_t, Monotonic>> oldest_;  // by time; front may be acked already
  std::deque<Settling> settling_;                           // by time
  std::size_t bytes_ = 0;                                   // of all queues, as of the last change
  std::uint64_t next_direct_ = direct_id_bit | 1;
  TimerId timer_ = 0, settling_timer_ = 0;
  Traffic traffic_ = Traffic::closed;
  bool running_ = false;
  bool alone_ = false;  // what is in flight is under suspicion and must stay alone
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // answers of the spool may come after us
};

}  // namespace vouchgate::gateway
