// Durations as people read them. Never used where a machine reads.
#pragma once

#include <chrono>
#include <string>

namespace vouchgate {

// Two figures at most: "0.4 s", "58 s", "12 min", "4 h 10 min", "3 d 2 h".
std::string spell(std::chrono::milliseconds duration);

}  // namespace vouchgate
