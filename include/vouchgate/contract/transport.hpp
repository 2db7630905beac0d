// One MQTT session to one endpoint, at a time. Implementations: Paho (mqtt room); the scripted cloud in tests/support.
// Loop thread only; every event arrives on the loop thread. Never queues while down, never reconnects by itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vouchgate/contract/clock.hpp"
#include "vouchgate/model/endpoint.hpp"

namespace vouchgate {

struct ConnectRequest {
  Endpoint endpoint;
  std::string client_id;
  std::string username;
  std::string password;  // the token: fresh for every CONNECT, never logged
  Duration keepalive{};
  Duration timeout{};
  std::string ca_file;
  std::string alpn;  // empty = none
};

enum class ConnectFailure {
  network,      // DNS, TCP, time-out
  tls,          // certificate, host name, protocol
  identifier,   // CONNACK 2
  server,       // CONNACK 3
  credentials,  // CONNACK 4, 5 and every unknown code
  local,        // the CA file cannot be read, or a defect on our side: no packet was sent
};

struct Inbound {
  std::string topic;
  std::string payload;
};

struct Filter {
  std::string topic;
  int qos = 1;
};

class TransportEvents {
 public:
  virtual ~TransportEvents() = default;
  virtual void on_connected() = 0;
  virtual void on_connect_failed(ConnectFailure failure, const std::string& reason) = 0;
  virtual void on_closed(const std::string& reason) = 0;             // once per on_connected(), also after disconnect()
  virtual void on_acked(const std::vector<std::uint64_t>& ids) = 0;  // PUBACKs, many at once
  virtual void on_subscribed(std::uint64_t id,
                             const std::vector<int>& granted) = 0;  // 0x80 = refused, MQTT 3.1.1 3.9.3
  virtual void on_messages(std::vector<Inbound> messages) = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;
  virtual void set_events(TransportEvents* events) = 0;  // before the first connect()
  // Exactly one on_connected() or on_connect_failed() follows. Not allowed while connected or connecting.
  virtual void connect(ConnectRequest request) = 0;
  // Sends DISCONNECT if connected, gives up if connecting. on_closed() (on_connect_failed()) follows, soon.
  virtual void disconnect() = 0;
  // QoS 1. Publishes and subscribes of a session that ended are forgotten: no event ever comes for them.
  // `id` is the caller's, unique within the session. False: not accepted (not connected), nothing will come.
  virtual bool publish(std::uint64_t id, const std::string& topic, std::string payload) = 0;
  virtual bool subscribe(std::uint64_t id, std::vector<Filter> filters) = 0;
  virtual std::string tls_version() const { return {}; }  // of the open session: "TLSv1.3"; empty when not known
};

}  // namespace vouchgate
