// The bench cloud's rules: who may connect, attach, publish and subscribe, and what happens then. Events in, effects
// out; time is a parameter. Never touches a socket, a file or the broker.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry.hpp"
#include "report.hpp"
#include "topic.hpp"

namespace vouchgate::emulator {

using Connection = std::uintptr_t;  // the broker's own handle; unique among living connections

enum class Verdict {
  accept,
  deny,   // CONNACK 5, SUBACK 0x80; a publish is answered (MQTT 3.1.1 has no negative PUBACK) but goes nowhere
  close,  // the connection ends, without an answer to the packet
};

struct ConnectRequest {
  Connection connection = 0;
  std::string client_id, username, password;
  int protocol_level = 4;  // MQTT 3.1.1 section 3.1.2.2: 4; 3 is 3.1, 5 is 5.0
  bool clean_session = true;
};
struct Publish {
  std::string_view topic, payload;
  int qos = 0;
  bool retain = false;
};
struct Outgoing {
  std::string client_id;  // empty: everyone who subscribed
  std::string topic, payload;
  int qos = 1;
};
struct Effects {
  std::vector<std::string> lines;  // for standard output
  std::vector<Outgoing> messages;  // to be sent, in order
  std::vector<std::string> kicks;  // client ids whose connection must end
};

class Cloud {
 public:
  // quiet: telemetry and state are counted, one "count" line a second, instead of printed.
  Cloud(Registry registry, bool quiet);

  Verdict connect(const ConnectRequest& request, Moment now);
  Verdict publish(Connection connection, const Publish& message, Moment now);
  Verdict subscribe(Connection connection, std::string_view filter, int qos, Moment now);
  void unsubscribe(Connection connection, std::string_view filter);
  Verdict deliver(Connection connection, std::string_view topic) const;  // may this message go to this connection?
  void disconnect(Connection connection, std::string_view reason, Moment now);
  void tick(Moment now);
  void finish(Moment now);  // the last counts, when the broker ends
  void reload(Registry registry, Moment now);

  Effects take();  // everything that happened since the last take

 private:
  struct Session {
    std::string client_id;
    std::string device;  // empty: the admin
    Seconds closes = 0;  // exp + skew
    bool closing = false;
    std::map<std::string, int> filters;      // subscribed, with QoS
    std::map<std::string, Moment> attached;  // children, since when
    double allowance = 0;                    // of messages, when the rate is limited
    Moment refilled;
  };
  struct Counts {
    std::uint64_t telemetry = 0, state = 0;
  };

  bool is_admin(const ConnectRequest& request) const;
  Verdict refuse(const ConnectRequest& request, std::string_view device, std::string_view word, std::string_view reason,
                 Moment now);
  Verdict connect_admin(const ConnectRequest& request, Moment now);
  std::optional<std::pair<std::string, std::string>> objection(const ConnectRequest& request,
                                                               const Device* device) const;
  Verdict admin_publish(const Publish& message, Moment now);
  Verdict violation(Session& session, std::string_view topic, std::string reason, Moment now);
  bool over_rate(Session& session, Moment now) const;
  Verdict attach(Session& session, const Topic& topic, const Publish& message, Moment now);
  Verdict detach(Session& session, const Topic& topic, Moment now);
  Verdict telemetry(Session& session, const Topic& topic, const Publish& message, Moment now);
  bool state_too_soon(const std::string& device, Moment now);
  void attachment_error(const Session& session, const std::string& child, std::string_view description, Moment now);
  void gateway_error(const Session& session, std::string_view type, const std::string& child,
                     std::string_view description, std::string_view packet, std::string_view topic, Moment now);
  void drop_child(Session& session, const std::string& child, std::string_view description, Moment now);
  bool speaks_for(const Session& session, const std::string& device) const;
  bool subscribed(const std::string& filter) const;
  const Device* gateway_of(const Session& session) const;
  void send_config(std::string client_id, const std::string& device, int qos);

  Registry registry_;
  bool quiet_;
  std::map<Connection, Session> sessions_;
  std::map<std::string, std::string, std::less<>> configs_;  // latest config by device
  std::map<std::string, Moment> last_state_;
  Counts counts_, reported_;
  Moment last_count_;
  Effects effects_;
};

}  // namespace vouchgate::emulator
