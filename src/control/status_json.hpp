// Parts of the status that a request may ask for alone. Never a second spelling of a field.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "vouchgate/contract/status.hpp"

namespace vouchgate::control {

using Json = nlohmann::ordered_json;

std::string dump(const Json& json);  // bytes that are not UTF-8 become U+FFFD
Json json_of(const Ledger& ledger);
std::string devices_json(const Status& status);  // the "children" array of to_json

}  // namespace vouchgate::control
