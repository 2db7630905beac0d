// The seam between local protocols (ingress, control) and the gateway. Values in, values out; loop thread only.
#pragma once

#include <cstdint>
#include <string>

#include "vouchgate/base/error.hpp"
#include "vouchgate/contract/spool.hpp"
#include "vouchgate/model/message.hpp"

namespace vouchgate {

using ConnectionId = std::uint64_t;  // one local connection, never reused

// What a child wants to hear of its messages.
enum class Ack {
  stored,     // on the disk here
  delivered,  // the cloud has it; the disk is spared while the cloud answers quickly
  both,
};

struct Hello {
  ConnectionId connection = 0;
  DeviceId device;
  Ack ack = Ack::stored;
  std::string authorization;  // the child's own JWT for token-authenticated children; may be empty
  std::uint32_t peer_uid = 0;
};
struct Welcome {
  bool attached = false;
};

struct Offer {
  ConnectionId connection = 0;
  std::string id;  // the child's own reference, echoed in stored/delivered/error; may be empty
  Message message;
};

// Towards the child. Implemented by each local protocol; the gateway calls the one that said hello.
class ChildPort {
 public:
  virtual ~ChildPort() = default;
  virtual void stored(ConnectionId connection, const DeviceId& device, const std::string& id, Seq seq) = 0;
  // seq 0: it never was on the disk
  virtual void delivered(ConnectionId connection, const DeviceId& device, const std::string& id, Seq seq) = 0;
  virtual void refused(ConnectionId connection, const DeviceId& device, const std::string& id, const Error& error) = 0;
  virtual void config(ConnectionId connection, const DeviceId& device, const std::string& payload) = 0;
  virtual void command(ConnectionId connection, const DeviceId& device, const std::string& subfolder,
                       const std::string& payload) = 0;
  virtual void attachment(ConnectionId connection, const DeviceId& device, bool attached,
                          const std::string& reason) = 0;
};

// Towards the gateway. Implemented by the gateway.
class Children {
 public:
  virtual ~Children() = default;
  // Errors: not_found (device is not configured), denied (peer may not speak for it). A welcome is followed by the
  // device's last known config, if there is one, through `port`. `port` must outlive gone().
  virtual Result<Welcome> hello(const Hello& hello, ChildPort& port) = 0;
  // Always answered by exactly one stored() or refused(), possibly before offered() returns, then delivered() if asked;
  // with Ack::delivered there may be delivered() alone.
  virtual void offered(Offer&& offer) = 0;
  virtual void gone(ConnectionId connection) = 0;
};

}  // namespace vouchgate
