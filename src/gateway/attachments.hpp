// Drives one attach machine per child: turns its actions into publishes, subscribes, timers and open queues.
// Never lets one child's refusal touch another.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <unordered_map>

#include "pump.hpp"
#include "vouchgate/attach/machine.hpp"
#include "vouchgate/contract/transport.hpp"
#include "vouchgate/dialect/dialect.hpp"
#include "vouchgate/model/settings.hpp"

namespace vouchgate::gateway {

// Ids of attach, detach and subscribe packets live above every sequence number of the spool.
constexpr std::uint64_t control_id_bit = std::uint64_t{1} << 63;

class Attachments {
 public:
  struct Hooks {
    std::function<std::string(const DeviceId&)> authorization;  // the child's token, "" for association
    std::function<void(const DeviceId&, bool attached, const std::string& reason)> changed;
    std::function<void()> all_settled;  // every wanted child is subscribed or held off, once per session
  };
  // Which children have something to send or a listener: beyond max_attached the others wait.
  using Urgent = std::function<bool(const DeviceId&)>;
  struct Counts {
    std::size_t total = 0, subscribed = 0, held_off = 0;
  };
  Attachments(const AttachSettings& settings, Random random, Clock& clock, Timers& timers, Transport& transport,
              const dialect::Dialect& dialect, Pump& pump, Hooks hooks);
  ~Attachments();
  Attachments(const Attachments&) = delete;
  Attachments& operator=(const Attachments&) = delete;

  // One that was removed before begins anew; admit_all() brings those that were added to a session that is up.
  void add(const DeviceId& device);
  void remove(const DeviceId& device);  // detached, and no longer known
  // The settings it was made with have new values.
  void reconfigure(const Urgent& urgent);
  void admit_all();  // while there are places
  void session_up(const Urgent& urgent);
  void session_lost();
  void acked(std::uint64_t id);  // PUBACK of a control packet
  void subscribed(std::uint64_t id, const std::vector<int>& granted);
  void refused(const DeviceId& device, const std::string& reason, bool detached);
  void want(const DeviceId& device, bool wanted);
  // A child has something to send: if max_attached kept it out, it takes the place of one that is idle, held off or
  // detached by an operator, now or when find_places(), called every second, finds one.
  void need(const DeviceId& device, const Urgent& urgent);
  void find_places(const Urgent& urgent);

  bool known(const DeviceId& device) const {
    const auto found = children_.find(device);
    return found != children_.end() && !found->second->removed;
  }
  bool is_open(const DeviceId& device) const;
  const attach::Machine& machine(const DeviceId& device) const { return children_.at(device)->machine; }
  Counts counts() const;

 private:
  struct Child {
    Child(DeviceId id, const attach::Settings& settings, Random random)
        : device(std::move(id)), machine(settings, std::move(random)) {}
    DeviceId device;
    attach::Machine machine;
    TimerId timer = 0;
    bool admitted = false;  // within max_attached, this session
    bool waits = false;     // for a place
    bool removed = false;   // kept, because its packets may still be on their way
  };
  enum class What { attach, subscribe, detach };
  struct Waiting {
    Child* child;
    What what;
  };

  void feed(Child& child, const attach::Event& event);
  void perform(Child& child, const attach::Action& action);
  void send(Child& child, What what);
  void arm(Child& child, Duration delay);
  void admit(Child& child);
  bool find_place(Child& child, const Urgent& urgent);  // false: nobody gives way now
  Child* find_leaver(const Urgent& urgent);
  void release(Child& leaver);
  void dismiss(Child& child);  // its place is free
  void check_settled();

  const AttachSettings& settings_;
  Random random_;
  Clock& clock_;
  Timers& timers_;
  Transport& transport_;
  const dialect::Dialect& dialect_;
  Pump& pump_;
  Hooks hooks_;
  std::map<DeviceId, std::unique_ptr<Child>> children_;
  std::unordered_map<std::uint64_t, Waiting> waiting_;
  std::uint64_t next_id_ = control_id_bit | 1;
  std::size_t admitted_ = 0;
  bool up_ = false, settled_ = false;
};

}  // namespace vouchgate::gateway
