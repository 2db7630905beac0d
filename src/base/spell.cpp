// Spells durations. Never rounds up to something that has not happened.
#include "vouchgate/base/spell.hpp"

namespace vouchgate {

std::string spell(std::chrono::milliseconds duration) {
  const auto ms = duration.count();
  if (ms < 0) return "0 s";
  if (ms < 10'000) return std::to_string(ms / 1000) + "." + std::to_string(ms % 1000 / 100) + " s";
  const auto seconds = ms / 1000;
  if (seconds < 120) return std::to_string(seconds) + " s";
  const auto minutes = seconds / 60;
  if (minutes < 120) return std::to_string(minutes) + " min";
  const auto hours = minutes / 60;
  if (hours < 48) return std::to_string(hours) + " h " + std::to_string(minutes % 60) + " min";
  return std::to_string(hours / 24) + " d " + std::to_string(hours % 24) + " h";
}

}  // namespace vouchgate
