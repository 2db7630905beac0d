// Parts of the status that a request may ask for alone. Never a second spelling of a field.
#pragma once

#include <string>

#include "vouchgate/contract/status.hpp"

namespace vouchgate::control {

std::string devices_json(const Status& status);  // the "children" array of to_json

}  // namespace vouchgate::control
