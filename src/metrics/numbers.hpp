// A status as Prometheus text (exposition format 0.0.4). Pure; keeps nothing between two calls.
#pragma once

#include <string>

#include "vouchgate/contract/status.hpp"

namespace vouchgate::metrics {

// Devices beyond the first `most_devices` (by id), and those that are not configured, are summed as device="_other",
// which no device can be called.
std::string numbers(const Status& status, std::size_t most_devices);

}  // namespace vouchgate::metrics
