// Where a broker listens. Always encrypted: the token is a password.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "vouchgate/base/result.hpp"

namespace vouchgate {

struct Endpoint {
  std::string host;  // a name, an IPv4 address, or an IPv6 address without brackets
  std::uint16_t port = 8883;

  static Result<Endpoint> parse(std::string_view url);  // mqtts://host[:port], mqtts://[::1]:8883; error: invalid
  std::string text() const;                             // host:port, [::1]:8883
  bool operator==(const Endpoint&) const = default;
};

}  // namespace vouchgate
