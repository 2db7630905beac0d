// Where a local service listens: a numeric address and a port. Never resolves a name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "vouchgate/base/result.hpp"

namespace vouchgate {

struct ListenAddress {
  std::string host;  // an IPv4 address, or an IPv6 address without brackets
  std::uint16_t port = 0;

  static Result<ListenAddress> parse(std::string_view text);  // 127.0.0.1:9464, [::1]:9464; error: invalid
  std::string text() const;                                   // as parse() takes it
};

}  // namespace vouchgate
