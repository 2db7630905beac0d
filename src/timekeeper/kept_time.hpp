// The file of the last confirmed time: one line, "seconds-since-1970 chip-milliseconds". Never kept in memory alone.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "vouchgate/contract/clock.hpp"

namespace vouchgate::timekeeper {

struct KeptTime {
  WallTime wall;
  std::optional<std::chrono::milliseconds> chip;  // the TPM's clock at that moment
};

// Nothing if there is none, or it is not readable as one.
std::optional<KeptTime> read_kept(const std::string& path);
// Replaces the file in one step, and waits for the disk. False: it could not be written.
bool write_kept(const std::string& path, const KeptTime& time);

}  // namespace vouchgate::timekeeper
