// What an operator's tool may ask, parsed from one line. Pure: never knows a connection.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "vouchgate/base/result.hpp"
#include "vouchgate/model/message.hpp"

namespace vouchgate::control {

struct StatusRequest {};
struct DevicesRequest {};
struct AttachRequest {
  DeviceId device;
};
struct DetachRequest {
  DeviceId device;
};
struct RenewRequest {};
struct SendRequest {
  Message message;
};
struct ListenRequest {
  DeviceId device;
};
using Request =
    std::variant<StatusRequest, DevicesRequest, AttachRequest, DetachRequest, RenewRequest, SendRequest, ListenRequest>;

struct ParsedRequest {
  std::string id;  // echoed in every answer
  Result<Request> request;
};
// Errors: invalid, too_large.
ParsedRequest parse_request(std::string_view line);

}  // namespace vouchgate::control
