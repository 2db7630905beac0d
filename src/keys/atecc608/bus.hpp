// The seam below the driver: one I2C adapter and the time that passes on it. Knows nothing of the chip.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>

#include "vouchgate/base/bytes.hpp"
#include "vouchgate/base/result.hpp"

namespace vouchgate::keys::atecc608 {

enum class Transfer {
  done,
  nack,  // nobody acknowledged, or the transfer broke: worth another try
  gone,  // the adapter was unplugged: nothing more comes from this opening of it
};

// One message a transfer, with a STOP after each: the chip starts to work at the STOP. Errors are what no repetition
// mends.
class Bus {
 public:
  using Time = std::chrono::microseconds;
  virtual ~Bus() = default;

  // Takes the bus for this program alone, waiting at most `patience` for another one. Errors: not_found, denied, busy
  // (another program, or a kernel driver holds the chip), unsupported, unavailable.
  virtual Result<void> open(Time patience) = 0;
  virtual void close() = 0;

  // 7-bit addresses. Only between open() and close().
  virtual Result<Transfer> write(std::uint8_t address, ByteView bytes) = 0;
  virtual Result<Transfer> read(std::uint8_t address, std::span<std::uint8_t> out) = 0;

  virtual Time now() = 0;  // never goes back
  virtual void wait(Time time) = 0;
};

}  // namespace vouchgate::keys::atecc608
