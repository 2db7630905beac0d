// What one cloud's CONNECT fields, topics, payloads and errors look like. Values in, values out; no state, no I/O.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "vouchgate/base/result.hpp"
#include "vouchgate/contract/transport.hpp"
#include "vouchgate/model/message.hpp"
#include "vouchgate/model/settings.hpp"

namespace vouchgate::dialect {

struct ConnectFields {
  std::string client_id, username, password;
};

// What arrived, read.
struct ConfigFor {
  DeviceId device;
};
struct CommandFor {
  DeviceId device;
  std::string subfolder;
};  // subfolder may have levels; empty = none
struct GatewayError {
  std::string type, description;
  std::string device;            // may be empty; not validated: it comes from outside
  bool about_attach = false;     // the attach was refused
  bool lost_attachment = false;  // the cloud no longer holds (or never held) this child attached
};
struct Unknown {
  std::string reason;
};
using Arrived = std::variant<ConfigFor, CommandFor, GatewayError, Unknown>;

class Dialect {
 public:
  virtual ~Dialect() = default;
  virtual ConnectFields connect_fields(const std::string& token) const = 0;
  virtual std::string default_audience() const = 0;  // used when token.audience is empty
  virtual std::string topic(const DeviceId& device, Kind kind, const Subfolder& subfolder) const = 0;
  virtual std::vector<Filter> gateway_filters() const = 0;  // errors, own config, own commands
  virtual std::vector<Filter> child_filters(const DeviceId& child) const = 0;
  virtual std::string attach_topic(const DeviceId& child) const = 0;
  virtual std::string attach_payload(const std::string& authorization) const = 0;  // authorization may be empty
  virtual std::string detach_topic(const DeviceId& child) const = 0;
  virtual std::string detach_payload() const = 0;
  virtual Arrived read(std::string_view topic, std::string_view payload) const = 0;
  virtual const DeviceId& gateway() const = 0;
};

// By the word in cloud.dialect. Errors: unsupported (with the known words as hint), invalid (bad template or id).
Result<std::unique_ptr<Dialect>> make(const CloudSettings& settings);

// The words of the table, for help texts and errors.
std::vector<std::string> words();

}  // namespace vouchgate::dialect
