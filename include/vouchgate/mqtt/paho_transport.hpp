// The transport over Eclipse Paho MQTT C++. Its persistence, offline buffer and automatic reconnect stay off.
#pragma once

#include <memory>

#include "vouchgate/contract/clock.hpp"
#include "vouchgate/contract/transport.hpp"

namespace vouchgate::mqtt {

// TLS 1.2 or 1.3, server certificate and host name verified, MQTT 3.1.1, clean session, no will. Paho's threads only
// collect; many PUBACKs become one `post`. `window`: the most publishes in flight that the caller will ever have.
std::unique_ptr<Transport> make_paho_transport(Post post, std::uint32_t window);

}  // namespace vouchgate::mqtt
