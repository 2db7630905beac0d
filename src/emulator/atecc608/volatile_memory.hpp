// What the chip holds in RAM: lost in sleep, kept in idle. Never reaches a file.
#pragma once

#include <array>
#include <cstdint>

#include "vouchgate/base/bytes.hpp"

namespace vouchgate::emulator::atecc608 {

struct Buffer {
  Bytes bytes;  // 32 or 64; empty = not valid
  bool from_random = false;
  bool valid() const { return !bytes.empty(); }
};

struct VolatileMemory {
  Buffer temp_key, message_digest, alternate_key;
  bool sha_running = false;
  Bytes sha_input;  // the whole message so far
  bool rng_failed = false;
};

}  // namespace vouchgate::emulator::atecc608
