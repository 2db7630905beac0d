// Durations, sizes and numbers as the configuration writes them. Units are always written; never guessed.
#pragma once

#include <string>
#include <string_view>

#include "visitor.hpp"
#include "vouchgate/base/result.hpp"

namespace vouchgate::config {

// 500ms 60s 10m 24h 7d
Result<Duration> parse_duration(std::string_view text);
std::string print_duration(Duration value);

// By style: 256, 0x81000100, "0660" (octal digits), 64KiB 1GiB 512B
Result<std::uint64_t> parse_number(std::string_view text, bool quoted, Style style);
std::string print_number(std::uint64_t value, Style style);

// A YAML scalar that reads back as this text: plain when that is safe, else double-quoted.
std::string print_text(const std::string& text);

}  // namespace vouchgate::config
