// Whether the wall clock can be right, from what is known to have passed. Pure: times in, verdict out.
#pragma once

#include <optional>
#include <string>

#include "vouchgate/contract/clock.hpp"

namespace vouchgate::timekeeper {

struct Evidence {
  WallTime now;
  WallTime built;                // of this program
  std::optional<WallTime> kept;  // a time that was once confirmed, kept on the disk
  std::optional<WallTime> chip;  // `kept`, and what the TPM's clock has counted since: it stands still without power
  bool synchronised = false;     // adjtimex(2)
};

// Wrong: before `built`; or, unless the kernel says synchronised, more than ten minutes (the cloud's skew) before any
// other of the times, or more than ten years after all of them.
TimeReport judge(const Evidence& evidence);

std::string utc(WallTime time);  // 2026-11-21T10:02:11Z

}  // namespace vouchgate::timekeeper
