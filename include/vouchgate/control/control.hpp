// The control socket: status, devices, send, listen, renew. One JSON request a line. Root, the daemon's user and its
// group only (socket mode 0660). Decides nothing.
#pragma once

#include <memory>
#include <string>

#include "vouchgate/base/result.hpp"
#include "vouchgate/contract/children.hpp"
#include "vouchgate/contract/status.hpp"
#include "vouchgate/model/settings.hpp"

namespace boost::asio {
class io_context;
}

namespace vouchgate::control {

class Control {
 public:
  virtual ~Control() = default;  // closes every connection and removes the socket
};

// Listens at settings.path. Its connection ids start at 2^63, so they never meet the ingress's.
// Errors: denied, busy (a live process holds the path), not_found (no such directory), invalid (path too long).
Result<std::unique_ptr<Control>> listen(boost::asio::io_context& loop, const ControlSettings& settings,
                                        Operations& operations, Children& children);

// For STATUS=, e.g. "connected to host:8883, 3 of 3 children attached, 0 pending".
std::string sentence(const Status& status);
std::string to_json(const Status& status);  // the stable --json form, documented in docs/status.md

}  // namespace vouchgate::control
