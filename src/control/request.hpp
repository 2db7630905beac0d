// What an operator's tool may ask, parsed from one line. Pure: never knows a connection.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "vouchgate/base/result.hpp"
#include "vouchgate/contract/spool.hpp"
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
struct SpoolListRequest {
  Seq after = 0;
};
struct SpoolShowRequest {
  Seq seq = 0;
};
struct SpoolRetryRequest {
  Seq seq = 0;
};
struct SpoolDiscardRequest {
  Seq seq = 0;
};
struct SpoolAuditRequest {};
using Request =
    std::variant<StatusRequest, DevicesRequest, AttachRequest, DetachRequest, RenewRequest, SendRequest, ListenRequest,
                 SpoolListRequest, SpoolShowRequest, SpoolRetryRequest, SpoolDiscardRequest, SpoolAuditRequest>;

struct ParsedRequest {
  std::string id;  // echoed in every answer
  Result<Request> request;
};
// Errors: invalid, too_large.
ParsedRequest parse_request(std::string_view line);

}  // namespace vouchgate::control
