// An MQTT 3.1.1 broker over TLS that misbehaves as told, where mosquitto cannot. Serves one client at a time on a
// thread of its own; never more than the packets a client under test needs.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace vouchgate::test {

struct Script {
  int connack = 0;                      // the return code of every CONNACK
  bool cut_before_connack = false;      // close TCP instead of a CONNACK
  bool cut_after_connack = false;       // close TCP right after it
  bool silent_after_accept = false;     // take the TCP connection, never say a word
  bool silent_after_handshake = false;  // finish TLS, never answer CONNECT
  bool withhold_puback = false;
  std::vector<int> granted = {1};      // SUBACK codes, repeated as needed
  std::string certificate = "server";  // as in Certificates
};

class ScriptedBroker {
 public:
  explicit ScriptedBroker(Script script);
  ~ScriptedBroker();
  ScriptedBroker(const ScriptedBroker&) = delete;
  ScriptedBroker& operator=(const ScriptedBroker&) = delete;

  std::uint16_t port() const { return port_; }
  int connects() const { return connects_; }    // CONNECT packets seen
  int publishes() const { return publishes_; }  // PUBLISH packets seen
  // Of the last CONNECT, for assertions after its outcome: protocol level (4 is 3.1.1) and connect flags.
  int protocol_level() const { return level_; }
  int connect_flags() const { return flags_; }

 private:
  void serve();
  void talk(int fd, void* context);
  bool answer(void* tls, std::uint8_t type, const std::string& body);
  bool wait_readable(int fd) const;  // false: the broker is being stopped

  const Script script_;
  int listener_ = -1;
  int stop_pipe_[2] = {-1, -1};
  std::uint16_t port_ = 0;
  std::atomic<int> connects_ = 0, publishes_ = 0, level_ = 0, flags_ = 0;
  std::thread thread_;
};

}  // namespace vouchgate::test
