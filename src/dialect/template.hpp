// Text with {name} placeholders, as the configuration spells client ids and topics. Never guesses at a bad template.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "vouchgate/base/result.hpp"

namespace vouchgate::dialect {

using Lookup = std::function<std::optional<std::string>(std::string_view name)>;  // nullopt: no such placeholder

// `key` is the configuration key of the template, for the error. Errors: invalid (unknown name, empty value, lone
// brace).
Result<std::string> expand(const std::string& key, std::string_view text, const Lookup& lookup);

}  // namespace vouchgate::dialect
