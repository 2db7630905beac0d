// Messages of children that asked for ack: delivered, while they are in flight without a record on the disk. Writes
// them as soon as their PUBACK is late, their order needs it, or the session ends. Never answers a message twice.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "pump.hpp"
#include "vouchgate/contract/children.hpp"

namespace vouchgate::gateway {

class Direct {
 public:
  struct Hooks {
    std::function<void(Message, Spool::Stored)> append;
    std::function<void(const Offer&, Seq)> stored;  // it is an ordinary record from now on
    std::function<void(const Offer&)> delivered;    // without a record
    std::function<void(const Offer&, const Error&)> refused;
  };
  Direct(Duration write_after, Clock& clock, Timers& timers, Pump& pump, Hooks hooks)
      : write_after_(write_after), clock_(clock), timers_(timers), pump_(pump), hooks_(std::move(hooks)) {}
  ~Direct();
  Direct(const Direct&) = delete;
  Direct& operator=(const Direct&) = delete;

  // True: taken, and published. False: the disk must have it. Not while anything of its device is on its way to the
  // disk: on the wire it would overtake that.
  bool take(Offer& offer);
  // A message of this device goes to the disk: those taken before it go first, so that numbers keep their order.
  void write(const DeviceId& device);
  // The cloud dropped the device, or the session is gone: no PUBACK comes any more. What is not on its way to the disk
  // goes there; what the disk refused is refused.
  void lost(const DeviceId& device);
  void lost_all();
  void delivered(std::uint64_t id);
  std::uint64_t count() const { return count_; }  // delivered without a record, ever

 private:
  enum class State { flying, storing, refused };
  struct Flight {
    Offer offer;
    Monotonic write_at;
    State state = State::flying;
    bool delivered = false;  // while it was being stored
    Error error;             // of a refused write
  };

  template <class Which>
  std::vector<std::uint64_t> ids(const Which& which) const;
  template <class Which>
  void lose(const Which& which);
  void write(std::uint64_t id);
  void stored(std::uint64_t id, const Result<Seq>& seq);
  Flight finish(std::uint64_t id);
  void watch();
  void write_late();

  const Duration write_after_;
  Clock& clock_;
  Timers& timers_;
  Pump& pump_;
  Hooks hooks_;
  std::map<std::uint64_t, Flight> flights_;  // by id, and so by time and by each device's order
  std::unordered_map<DeviceId, std::size_t> of_device_;
  std::size_t bytes_ = 0;
  std::uint64_t count_ = 0;
  TimerId timer_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace vouchgate::gateway
