// Who, on the local side, speaks for which device, what they still wait to hear, and the last config of each device.
// Never talks to the cloud.
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "vouchgate/contract/children.hpp"

namespace vouchgate::gateway {

class Listeners {
 public:
  void hello(const Hello& hello, ChildPort& port);
  void gone(ConnectionId connection);
  std::size_t count(const DeviceId& device) const;
  ChildPort* port(ConnectionId connection) const;  // null when it is gone

  bool prefers_direct(const Offer& offer) const;  // asked to hear of the cloud's acknowledgement only
  // Only if that connection asked for it. In a long outage the oldest give way: their children heard stored.
  void await_delivery(Seq seq, const Offer& offer);
  void delivered(const std::vector<Seq>& seqs);
  std::size_t waiting() const { return waiting_.size(); }
  static constexpr std::size_t most_waiting = 100'000;  // about 15 MB

  void config(const DeviceId& device, const std::string& payload);
  void command(const DeviceId& device, const std::string& subfolder, const std::string& payload);
  void attachment(const DeviceId& device, bool attached, const std::string& reason);

  const std::string& authorization(const DeviceId& device) const;  // newest that a hello brought, or empty

 private:
  struct Speaker {
    ConnectionId connection;
    Ack ack;
  };
  struct Waiting {
    ConnectionId connection;
    DeviceId device;
    std::string id;
  };
  const Speaker* speaker(const Offer& offer) const;
  template <class Call>
  void each(const DeviceId& device, const Call& call);

  std::unordered_map<ConnectionId, ChildPort*> ports_;
  std::unordered_map<DeviceId, std::vector<Speaker>> speakers_;
  std::map<Seq, Waiting> waiting_;
  std::unordered_map<DeviceId, std::string> configs_;
  std::unordered_map<DeviceId, std::string> authorizations_;
};

}  // namespace vouchgate::gateway
