// JSON as the emulator takes it: one value per key, nothing after the value. Never guesses what was meant.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace vouchgate::emulator {

using Json = nlohmann::json;

// The value, or nothing and the reason in `why` (malformed text, or a key given twice).
std::optional<Json> parse_json(std::string_view text, std::string& why);

}  // namespace vouchgate::emulator
