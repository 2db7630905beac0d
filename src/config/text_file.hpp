// A whole text file in memory, up to the 1 MiB that is ever parsed. Never interprets it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vouchgate/config/config.hpp"

namespace vouchgate::config {

// One byte more than a parser takes is enough to know that it is too large. What cannot be read is one mistake;
// `if_missing` is its hint where there is no such file.
std::optional<std::string> read_text(const std::string& path, const char* if_missing, std::vector<Mistake>& mistakes);

}  // namespace vouchgate::config
