// Numbers and sizes as people read them. Never used where a machine reads.
#pragma once

#include <cstdint>
#include <string>

namespace vouchgate::cli {

std::string grouped(std::uint64_t value);     // 1,234,567
std::string bytes_text(std::uint64_t value);  // "512 B", "1.5 MiB", "1 GiB"

}  // namespace vouchgate::cli
