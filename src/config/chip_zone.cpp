// Where each key lies in the zone: the data sheet's table of the configuration zone. Never reads text.
#include "chip_zone.hpp"

#include <algorithm>

#include "vouchgate/base/bytes.hpp"

namespace vouchgate::config {
namespace {

using atecc608::Part;
using atecc608::Zone;

SlotText slot_text(const Zone& zone, unsigned number) {
  SlotText out;
  out.slot = atecc608::slot_of(zone, number);
  out.locked = atecc608::slot_locked(zone, number);
  if (out.slot.private_key) {
    out.external_sign = out.slot.external_sign();
    out.internal_sign = out.slot.internal_sign();
    out.ecdh = out.slot.ecdh();
    out.ecdh_to_next_slot = out.slot.ecdh_to_next_slot();
  } else {
    out.read_key = out.slot.read_key;
  }
  return out;
}

atecc608::Slot slot_of(const SlotText& text) {
  atecc608::Slot slot = text.slot;
  const unsigned uses = text.external_sign | text.internal_sign << 1 | text.ecdh << 2 | text.ecdh_to_next_slot << 3;
  slot.read_key = static_cast<std::uint8_t>(slot.private_key ? uses : text.read_key);
  return slot;
}

std::string usual(const ChipText& text, const HexField& field) {
  if (field.from == 52 || field.from == 60) return "ffffffff00000000";
  const bool last_key_use = field.from == 68 && text.is_508a();
  return std::string(field.count * 2, last_key_use ? 'f' : '0');
}

}  // namespace

ChipText chip_text(const Zone& zone) {
  ChipText out;
  if (atecc608::part_of(zone) == Part::atecc508a) out.part = "atecc508a";
  out.address = zone[16] >> 1;
  out.byte_17 = zone[17];
  (out.is_508a() ? out.otp_mode : out.count_match) = zone[18];
  out.chip_mode = zone[19];
  for (const HexField& field : hex_fields()) out.hex.push_back(hex(ByteView(zone).subspan(field.from, field.count)));
  out.chip_options = zone[90] | static_cast<unsigned>(zone[91]) << 8;
  for (unsigned number = 0; number < atecc608::slots; ++number) out.slots[number] = slot_text(zone, number);
  return out;
}

Zone chip_zone(const ChipText& text) {
  Zone zone{};
  const auto low = [](std::uint64_t value) { return static_cast<std::uint8_t>(value & 0xff); };
  zone[16] = low(text.address << 1);
  zone[17] = low(text.byte_17);
  zone[18] = low(text.is_508a() ? text.otp_mode : text.count_match);
  zone[19] = low(text.chip_mode);
  const auto fields = hex_fields();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Bytes bytes = from_hex(text.hex[i].empty() ? usual(text, fields[i]) : text.hex[i]).value_or(Bytes{});
    std::copy_n(bytes.begin(), std::min(bytes.size(), fields[i].count), zone.begin() + fields[i].from);
  }
  zone[88] = zone[89] = 0xff;
  for (unsigned number = 0; number < atecc608::slots; ++number) {
    atecc608::put(zone, number, slot_of(text.slots[number]));
    if (text.slots[number].locked) zone[88 + number / 8] &= static_cast<std::uint8_t>(~(1u << number % 8));
  }
  zone[90] = low(text.chip_options);
  zone[91] = low(text.chip_options >> 8);
  return zone;
}

std::vector<Damage> damage(const ChipText& text) {
  std::vector<Damage> found;
  if (text.byte_17 != 0) found.push_back({"byte_17", "is reserved and must be 0"});
  for (std::size_t i = 0; i < text.slots.size(); ++i) {
    const SlotText& one = text.slots[i];
    const std::string path = "slots." + std::to_string(i) + ".";
    const unsigned type = one.slot.key_type;
    if (type < 4 || type == 5)
      found.push_back({path + "key_type", "must be p256, aes or other; " + std::to_string(type) + " is reserved"});
    if (one.slot.reserved) found.push_back({path + "reserved_13", "must be false"});
    if (one.slot.private_key && one.slot.key_type != atecc608::key_type_p256)
      found.push_back({path + "key_type", "a private key is p256"});
    if (one.slot.private_key && one.read_key != 0)
      found.push_back({path + "read_key",
                       "is for data; a private key has external_sign, internal_sign, ecdh and ecdh_to_next_slot"});
    if (!one.slot.private_key && one.uses_key())
      found.push_back({path + "private", "must be true, for the slot says what its private key may do"});
  }
  return found;
}

}  // namespace vouchgate::config
