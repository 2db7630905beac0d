// Between a configuration's keys and the bytes of the zone. Pure.
#pragma once

#include "chip_describe.hpp"

namespace vouchgate::config {

ChipText chip_text(const atecc608::Zone& zone);
// The chip's own bytes are 0. hex has been checked; what is empty there becomes usual for the part.
atecc608::Zone chip_zone(const ChipText& text);

// What no chip has, so that a text with it is damaged, of something else or shifted: {path of the key, what is wrong}.
struct Damage {
  std::string path, what;
};
std::vector<Damage> damage(const ChipText& text);

}  // namespace vouchgate::config
