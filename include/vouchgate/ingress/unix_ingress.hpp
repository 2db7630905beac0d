// The Unix-socket child protocol (docs/child-protocol.md). Decides nothing but framing and who may speak.
#pragma once

#include <memory>

#include "vouchgate/base/result.hpp"
#include "vouchgate/contract/children.hpp"
#include "vouchgate/model/settings.hpp"

namespace boost::asio {
class io_context;
}

namespace vouchgate::ingress {

class UnixIngress {
 public:
  virtual ~UnixIngress() = default;   // closes every connection and removes the socket
  virtual void stop_accepting() = 0;  // shutdown: no new connection, no new message; acknowledgements still go out
};

// Listens at settings.path. `inherited_fd` >= 0: a socket handed over by systemd, used instead.
// Errors: denied, busy (a live process holds the path), invalid (path too long for sun_path).
Result<std::unique_ptr<UnixIngress>> listen(boost::asio::io_context& loop, const UnixSettings& settings,
                                            Children& children, int inherited_fd = -1);

}  // namespace vouchgate::ingress
