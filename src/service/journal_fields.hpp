// One log line as journal fields. Never adds what the line does not hold.
#pragma once

#include <string>
#include <vector>

#include "vouchgate/base/log.hpp"

namespace vouchgate::service {

// "MESSAGE=...", "PRIORITY=4", "MESSAGE_ID=...", then VOUCHGATE_<KEY>=... for every field, in order.
std::vector<std::string> journal_fields(const log::Line& line);

}  // namespace vouchgate::service
