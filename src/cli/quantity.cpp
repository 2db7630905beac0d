// Spells numbers and sizes. Never rounds up to the next unit.
#include "quantity.hpp"

#include <cstdio>

namespace vouchgate::cli {

std::string grouped(std::uint64_t value) {
  std::string digits = std::to_string(value);
  for (auto place = static_cast<std::ptrdiff_t>(digits.size()) - 3; place > 0; place -= 3)
    digits.insert(static_cast<std::size_t>(place), ",");
  return digits;
}

std::string bytes_text(std::uint64_t value) {
  if (value < 1024) return std::to_string(value) + " B";
  static constexpr const char* units[] = {"KiB", "MiB", "GiB", "TiB"};
  double scaled = static_cast<double>(value) / 1024;
  std::size_t unit = 0;
  for (; scaled >= 1024 && unit < 3; ++unit) scaled /= 1024;
  char out[32];
  std::snprintf(out, sizeof out,
                scaled == static_cast<double>(static_cast<std::uint64_t>(scaled)) ? "%.0f %s" : "%.1f %s", scaled,
                units[unit]);
  return out;
}

}  // namespace vouchgate::cli
