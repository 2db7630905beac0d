// A look at the network after a failed connect: does the name resolve, does the port answer? Never sends a byte.
#pragma once

#include <cstdint>
#include <string>

#include "vouchgate/contract/clock.hpp"

namespace vouchgate::mqtt {

// Empty if TCP connects; else one clause, e.g. "no address for cloud.example: Name or service not known".
// Blocks for the resolver's time plus at most `timeout` in all.
std::string tcp_complaint(const std::string& host, std::uint16_t port, Duration timeout);

}  // namespace vouchgate::mqtt
