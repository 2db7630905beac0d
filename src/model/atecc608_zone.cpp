// Takes the configuration zone apart and puts it together. Never judges what it finds.
#include "vouchgate/model/atecc608_zone.hpp"

#include <algorithm>

namespace vouchgate::atecc608 {
namespace {

constexpr std::size_t slot_config_at = 20;
constexpr std::size_t slot_locked_at = 88;
constexpr std::size_t key_config_at = 96;

std::uint16_t word_at(const Zone& zone, std::size_t at) {
  return static_cast<std::uint16_t>(zone[at] | zone[at + 1] << 8);
}

void put_word(Zone& zone, std::size_t at, std::uint16_t value) {
  zone[at] = static_cast<std::uint8_t>(value & 0xff);
  zone[at + 1] = static_cast<std::uint8_t>(value >> 8);
}

unsigned bits(std::uint16_t value, unsigned from, unsigned count) { return value >> from & ((1u << count) - 1); }

std::uint8_t nibble(std::uint16_t value, unsigned from) { return static_cast<std::uint8_t>(bits(value, from, 4)); }

}  // namespace

std::uint16_t crc16(ByteView bytes) {
  unsigned sum = 0;
  for (const std::uint8_t byte : bytes)
    for (unsigned bit = 0; bit < 8; ++bit) {
      const bool flip = ((byte >> bit & 1u) ^ (sum >> 15)) != 0;
      sum = (sum << 1 & 0xffffu) ^ (flip ? 0x8005u : 0u);
    }
  return static_cast<std::uint16_t>(sum);
}

std::uint16_t Slot::slot_config() const {
  return static_cast<std::uint16_t>((read_key & 15) | no_mac << 4 | limited_use << 5 | encrypt_read << 6 | secret << 7 |
                                    (write_key & 15) << 8 | (write_config & 15) << 12);
}

std::uint16_t Slot::key_config() const {
  return static_cast<std::uint16_t>(private_key | public_info << 1 | (key_type & 7) << 2 | lockable << 5 |
                                    require_random << 6 | require_auth << 7 | (auth_key & 15) << 8 |
                                    persistent_disable << 12 | reserved << 13 | (x509_id & 3) << 14);
}

Slot Slot::from(std::uint16_t slot_config, std::uint16_t key_config) {
  const auto set = [](std::uint16_t value, unsigned bit) { return bits(value, bit, 1) != 0; };
  Slot slot;
  slot.read_key = nibble(slot_config, 0);
  slot.no_mac = set(slot_config, 4);
  slot.limited_use = set(slot_config, 5);
  slot.encrypt_read = set(slot_config, 6);
  slot.secret = set(slot_config, 7);
  slot.write_key = nibble(slot_config, 8);
  slot.write_config = nibble(slot_config, 12);
  slot.private_key = set(key_config, 0);
  slot.public_info = set(key_config, 1);
  slot.key_type = static_cast<std::uint8_t>(bits(key_config, 2, 3));
  slot.lockable = set(key_config, 5);
  slot.require_random = set(key_config, 6);
  slot.require_auth = set(key_config, 7);
  slot.auth_key = nibble(key_config, 8);
  slot.persistent_disable = set(key_config, 12);
  slot.reserved = set(key_config, 13);
  slot.x509_id = static_cast<std::uint8_t>(bits(key_config, 14, 2));
  return slot;
}

Slot slot_of(const Zone& zone, unsigned slot) {
  return Slot::from(word_at(zone, slot_config_at + 2 * slot), word_at(zone, key_config_at + 2 * slot));
}

void put(Zone& zone, unsigned slot, const Slot& value) {
  put_word(zone, slot_config_at + 2 * slot, value.slot_config());
  put_word(zone, key_config_at + 2 * slot, value.key_config());
}

Part part_of(ByteView revision) {
  if (revision.size() != 4) return Part::unknown;
  if (revision[2] == 0x50) return Part::atecc508a;
  return revision[2] == 0x60 ? Part::atecc608 : Part::unknown;
}

std::string part_name(ByteView revision) {
  switch (part_of(revision)) {
    case Part::atecc508a: return "ATECC508A";
    case Part::atecc608:
      // 01 and 02 are the 608A, 03 the 608B; those that came later are told apart by nobody but their label
      return revision[3] <= 2 ? "ATECC608A" : revision[3] == 3 ? "ATECC608B" : "ATECC608";
    case Part::unknown: break;
  }
  return "unknown part " + hex(revision);
}

std::string serial(const Zone& zone) {
  return hex(ByteView(zone).first(4)) + hex(ByteView(zone).subspan(8, 5));  // SN[0:3], SN[4:8]
}

bool slot_locked(const Zone& zone, unsigned slot) { return bits(word_at(zone, slot_locked_at), slot, 1) == 0; }

std::uint8_t address_of(const Zone& zone) {
  // Of a 508A these are SelectorMode and Selector.
  const bool extra = part_of(zone) != Part::atecc508a && (zone[19] & 1) != 0 && zone[85] != 0;
  return static_cast<std::uint8_t>((extra ? zone[85] : zone[16]) >> 1);
}

std::optional<std::uint8_t> seven_bit_form(std::uint32_t address) {
  const bool eight_bit = (address > 0x77 && address <= 0xef) || address == 0x6a || address == 0x6c;
  if (!eight_bit || address % 2 != 0) return std::nullopt;  // bit 0 is the direction on the wire
  return static_cast<std::uint8_t>(address >> 1);
}

std::string trust_platform(const Zone& zone) {
  if (!config_locked(zone) || !data_locked(zone) || zone[12] != 0x01) return {};
  if (zone[16] == 0x6a) return "Trust&GO";
  return zone[16] == 0x6c ? "TrustFLEX" : "";
}

Zone on_chip(const Zone& wanted, const Zone& chip) {
  Zone zone = chip;
  for (unsigned word = 0; word < zone_words; ++word)
    if (writable_word(word)) std::copy_n(wanted.begin() + word * 4, 4, zone.begin() + word * 4);
  zone[16] = static_cast<std::uint8_t>((wanted[16] & 0xfe) | (chip[16] & 1));
  return zone;
}

}  // namespace vouchgate::atecc608
