// The TimeJudge of a running daemon: the kernel's state, a time kept on disk, and word of every step of the clock.
// Never sets a clock.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "vouchgate/base/asio.hpp"
#include "vouchgate/contract/clock.hpp"

namespace vouchgate::timekeeper {

class Timekeeper : public TimeJudge {
 public:
  // A reading of the TPM's clock (TPM 2.0 Part 3, 29.1), which runs while the chip has power and is never set back but
  // by a clear. Kept beside the wall time it gives a lower bound of the time after a restart.
  virtual void chip_clock(std::chrono::milliseconds reading) = 0;
};

// `path`: the file of the kept time. It is written when a time is confirmed first or disproves it, then
// hourly, and at the end; one
// that cannot be read or written is no error, only less evidence. `built`: a clock before it is wrong.
std::unique_ptr<Timekeeper> make(asio::io_context& loop, const Clock& clock, const std::string& path, WallTime built);

}  // namespace vouchgate::timekeeper
