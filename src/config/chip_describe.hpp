// The one description of a chip configuration's keys, which the reader and the printer walk. Never reads or writes
// text.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "visitor.hpp"
#include "vouchgate/model/atecc608_zone.hpp"

namespace vouchgate::config {

// The bytes of a zone that are written in hexadecimal.
struct HexField {
  const char* key;
  std::size_t from, count;  // bytes of the zone
};
std::vector<HexField> hex_fields();

struct SlotText {
  atecc608::Slot slot;                                                                         // but read_key
  std::uint64_t read_key = 0;                                                                  // of a slot with data
  bool external_sign = false, internal_sign = false, ecdh = false, ecdh_to_next_slot = false;  // of a private key
  bool locked = false;

  bool uses_key() const { return external_sign || internal_sign || ecdh || ecdh_to_next_slot; }
};

// The configuration as its keys have it.
struct ChipText {
  std::string part = "atecc608";
  std::uint64_t address = 0;  // 7 bit
  std::uint64_t byte_17 = 0, count_match = 0, otp_mode = 0, chip_mode = 0, chip_options = 0;
  std::vector<std::string> hex;  // as hex_fields(); empty = what is usual for the part
  std::array<SlotText, atecc608::slots> slots;

  bool is_508a() const { return part == "atecc508a"; }
};

void describe_chip(Visitor& visitor, ChipText& text);
void describe_slot(Visitor& visitor, SlotText& slot);

}  // namespace vouchgate::config
