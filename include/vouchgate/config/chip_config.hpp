// The configuration of an ATECC608 as a YAML file: one object a slot, its SlotConfig and KeyConfig side by side. Never
// talks to a chip, and never judges whether its slots could hold the gateway's key.
#pragma once

#include <string>
#include <vector>

#include "vouchgate/config/config.hpp"
#include "vouchgate/model/atecc608_zone.hpp"

namespace vouchgate::config {

struct ChipConfig {
  atecc608::Part part = atecc608::Part::unknown;  // what it was written for; unknown: hexadecimal text without header
  atecc608::Zone zone{};          // the chip's own bytes are 0; see atecc608::on_chip(). Meaningless with mistakes
  std::vector<Mistake> mistakes;  // empty = usable
};

// YAML, or the 128 bytes of a zone in hexadecimal (a text without any ':'). Reports all mistakes at once.
ChipConfig load_chip_config(const std::string& path);
ChipConfig load_chip_config_text(const std::string& name, const std::string& text);

// One line of such a file: "slots.0", "{private: true, key_type: p256, ...}" and what that means.
struct ChipField {
  std::string key, value, note;
  bool operator==(const ChipField&) const = default;
};
std::vector<ChipField> chip_fields(const atecc608::Zone& zone);  // of the same part: the same keys in the same order

// Loads as the same zone but for the chip's own bytes, which it tells in comments.
std::string print_chip_config(const atecc608::Zone& zone);

}  // namespace vouchgate::config
