// A cloud in the hands of a test, behind the Transport contract: accepts, refuses, withholds and cuts as the script
// says, and keeps a record of every packet. Answers arrive through the loop, never from inside a call.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "vouchgate/contract/transport.hpp"

namespace vouchgate::support {

class ScriptedCloud : public Transport {
 public:
  explicit ScriptedCloud(Post post) : post_(std::move(post)) {}

  // The script
  void refuse_connects(ConnectFailure failure, const std::string& reason) { refusal_ = {failure, reason}; }
  void accept_connects() { refusal_.reset(); }
  void refuse_attach(const std::string& device, const std::string& why) { refused_attach_[device] = why; }
  void accept_attach(const std::string& device) { refused_attach_.erase(device); }
  void refuse_subscriptions(const std::string& topic) { refused_filters_.insert(topic); }
  void end_session_at(const std::string& payload) { fatal_payload_ = payload; }  // telemetry that is never acknowledged
  void withhold_acks(bool withhold);  // of telemetry; letting go answers what waits, in order
  void drop(const std::string& reason = "connection lost");
  void deliver(const std::string& topic, const std::string& payload);

  // The record
  struct Packet {
    std::string what;  // connect, subscribe, attach, detach, publish, disconnect
    std::string topic, payload;
    Endpoint endpoint;     // connect
    std::string password;  // connect
  };
  const std::vector<Packet>& packets() const { return packets_; }
  std::size_t count(const std::string& what) const;
  std::vector<std::string> passwords() const;
  // Payloads of accepted telemetry by topic, in order, repeats included.
  const std::vector<std::string>& received(const std::string& topic) const;
  std::vector<std::string> received_once(const std::string& topic) const;  // first occurrences only
  bool connected() const { return connected_; }
  const std::set<std::string>& attached() const { return attached_; }

  void set_events(TransportEvents* events) override { events_ = events; }
  void connect(ConnectRequest request) override;
  void disconnect() override;
  bool publish(std::uint64_t id, const std::string& topic, std::string payload) override;
  bool subscribe(std::uint64_t id, std::vector<Filter> filters) override;

 private:
  struct Refusal {
    ConnectFailure failure;
    std::string reason;
  };
  void answer(std::function<void(TransportEvents&)> call);  // later, unless the session is over by then
  void ack(std::uint64_t id);
  void close(const std::string& reason);
  void attach(const std::string& device);

  Post post_;
  TransportEvents* events_ = nullptr;
  std::optional<Refusal> refusal_;
  std::map<std::string, std::string> refused_attach_;
  std::set<std::string> refused_filters_;
  std::optional<std::string> fatal_payload_;
  std::set<std::string> attached_;
  std::deque<std::uint64_t> withheld_;
  bool withholding_ = false, connected_ = false, told_ = false;  // told: that it is connected
  std::uint64_t session_ = 0;
  std::vector<Packet> packets_;
  std::map<std::string, std::vector<std::string>> received_;
};

}  // namespace vouchgate::support
