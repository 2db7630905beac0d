// How long the chip works on each command, by part and clock divider. Pure.
#pragma once

#include <chrono>

#include "frame.hpp"
#include "vouchgate/model/atecc608_zone.hpp"

namespace vouchgate::keys::atecc608 {

// ChipMode bits 7:3 of the 608 (config byte 19): the faster the clock, the shorter ECC takes. A 508A has one.
enum class Speed { atecc508a, m0, m1, m2 };

struct Timing {
  std::chrono::microseconds first_look{};  // no answer is to be expected before; a look is cheap
  std::chrono::microseconds most{};        // after this it should have answered
};
Timing timing_of(Opcode opcode, Speed speed);

// A divider that is none of the three known ones counts as the slowest.
Speed speed_of(const vouchgate::atecc608::Zone& config);

const char* name_of(Opcode opcode);  // as the data sheet spells it: "GenKey"

}  // namespace vouchgate::keys::atecc608
