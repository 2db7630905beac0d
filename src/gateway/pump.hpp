// Moves records from the children's queues into the session's window, in turn, at the cloud's pace. Owns the window.
// Never decides whether a child may speak, and never keeps a message that the spool does not have.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "pacer.hpp"
#include "queue.hpp"
#include "vouchgate/contract/spool.hpp"
#include "vouchgate/contract/transport.hpp"
#include "vouchgate/dialect/dialect.hpp"
#include "vouchgate/model/settings.hpp"

namespace vouchgate::gateway {

class Pump {
 public:
  struct Hooks {
    std::function<void()> window_empty;  // in flight fell to 0 while traffic was held
    std::function<void(const std::vector<Seq>&)> delivered;
    std::function<void(const Error&)> spool_failed;
  };
  Pump(const CloudSettings& settings, Clock& clock, Timers& timers, Spool& spool, Transport& transport,
       const dialect::Dialect& dialect, Hooks hooks);
  ~Pump();
  Pump(const Pump&) = delete;
  Pump& operator=(const Pump&) = delete;

  void add(const DeviceId& device);
  void found_on_disk(const DeviceId& device);
  void stored(Record record);  // just acknowledged by the spool

  void open(const DeviceId& device);   // the cloud takes this child's messages
  void close(const DeviceId& device);  // it does not, for now

  // A turn on the wire for an attach or a subscribe, before any telemetry, at the same pace.
  void request_turn(std::function<void()> turn);

  void start();         // a session is up
  void hold();          // no new publish; window_empty follows, at once if it is empty already
  void session_lost();  // what was in flight goes back

  void acked(const std::vector<std::uint64_t>& ids);
  void poke();           // once a second: takes up what a failed read left behind
  bool overdue() const;  // the oldest publish has waited longer than cloud.ack_timeout
  std::size_t in_flight() const { return window_.size(); }

 private:
  enum class Traffic { closed, open, held };
  struct Child {
    explicit Child(DeviceId id, Duration state_interval) : device(std::move(id)), state_pace(state_interval) {}
    DeviceId device;
    Queue queue;
    Pacer state_pace;
    TimerId timer = 0;  // waits for the state pace
    bool is_open = false;
    bool in_ring = false;
  };
  struct Sent {
    Child* child;
    Monotonic at;
  };

  void run();
  bool wait_for_pace();  // true: not now, a timer is armed
  bool step();           // false: nothing more to do for now
  bool publish_head(Child& child);
  void enter_ring(Child& child);
  void read_more(Child& child);
  bool has_room(const Child& child) const;

  const CloudSettings& settings_;
  Clock& clock_;
  Timers& timers_;
  Spool& spool_;
  Transport& transport_;
  const dialect::Dialect& dialect_;
  Hooks hooks_;
  Pacer pace_;
  std::unordered_map<DeviceId, std::unique_ptr<Child>> children_;
  std::deque<Child*> ring_;  // open children with something to send, in turn
  std::deque<std::function<void()>> turns_;
  std::unordered_map<Seq, Sent> window_;
  std::deque<std::pair<Seq, Monotonic>> oldest_;  // by time; front may be acked already
  std::size_t bytes_ = 0;                         // of all queues, as of the last change
  TimerId timer_ = 0;
  Traffic traffic_ = Traffic::closed;
  bool running_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // answers of the spool may come after us
};

}  // namespace vouchgate::gateway
