// A configuration zone as hexadecimal text, as other tools dump it. What is shifted or damaged is refused: bytes that
// are locked into a chip stay there.
#pragma once

#include "vouchgate/config/chip_config.hpp"

namespace vouchgate::config {

bool is_chip_hex(const std::string& text);  // no ':', so no YAML mapping; not empty
ChipConfig load_chip_hex(const std::string& name, const std::string& text);

}  // namespace vouchgate::config
