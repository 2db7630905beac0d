// The configuration zone of an ATECC508A or ATECC608 as values: 128 bytes, what they mean, and the CRC over them.
// Never talks to a chip, and never decides whether a configuration is good: atecc608_objections.hpp does.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "vouchgate/base/bytes.hpp"

namespace vouchgate::atecc608 {

constexpr std::size_t zone_bytes = 128;
constexpr unsigned zone_words = 32;  // of four bytes, the unit in which it is read and written
constexpr unsigned slots = 16;
using Zone = std::array<std::uint8_t, zone_bytes>;  // as the chip stores it: two-byte fields with the low byte first

// Of frames and of the lock commands: polynomial 0x8005, start 0, bits taken low first, the register not reflected.
// Low byte first on the wire. All zeros give 0, so it proves nothing about an empty zone.
std::uint16_t crc16(ByteView bytes);

// One slot: SlotConfig (bytes 20 to 51) and KeyConfig (bytes 96 to 127) side by side.
struct Slot {
  // SlotConfig
  std::uint8_t read_key = 0;  // 4 bits; of a private key its permissions, see below
  bool no_mac = false;
  bool limited_use = false;  // a counter ends its use
  bool encrypt_read = false;
  bool secret = false;
  std::uint8_t write_key = 0;     // 4 bits
  std::uint8_t write_config = 0;  // 4 bits, see below
  // KeyConfig
  bool private_key = false;
  bool public_info = false;   // private: GenKey may always compute the public key; public: has to be validated
  std::uint8_t key_type = 0;  // 3 bits: 4 = P-256, 6 = AES, 7 = other
  bool lockable = false;
  bool require_random = false;
  bool require_auth = false;
  std::uint8_t auth_key = 0;        // 4 bits
  bool persistent_disable = false;  // 608; 508A: IntrusionDisable
  bool reserved = false;            // bit 13
  std::uint8_t x509_id = 0;         // 2 bits

  bool operator==(const Slot&) const = default;

  // What read_key means where private_key is set
  bool external_sign() const { return (read_key & 1) != 0; }
  bool internal_sign() const { return (read_key & 2) != 0; }
  bool ecdh() const { return (read_key & 4) != 0; }
  bool ecdh_to_next_slot() const { return (read_key & 8) != 0; }
  // What write_config means for the commands that make a private key
  bool gen_key() const { return (write_config & 2) != 0; }
  bool priv_write() const { return (write_config & 4) != 0; }

  std::uint16_t slot_config() const;  // as numbers; the chip stores the low byte first
  std::uint16_t key_config() const;
  static Slot from(std::uint16_t slot_config, std::uint16_t key_config);
};

constexpr std::uint8_t key_type_p256 = 4;
constexpr std::uint8_t key_type_aes = 6;
constexpr std::uint8_t key_type_other = 7;

// slot: 0 to 15, the caller's promise
Slot slot_of(const Zone& zone, unsigned slot);
void put(Zone& zone, unsigned slot, const Slot& value);
constexpr std::size_t slot_bytes(unsigned slot) { return slot < 8 ? 36 : slot == 8 ? 416 : 72; }

// The family, which is what commands differ by: RevNum byte 2. A new revision of a known family is that family.
enum class Part { unknown, atecc508a, atecc608 };
Part part_of(ByteView revision);  // four bytes, as Info and config bytes 4 to 7 have them
inline Part part_of(const Zone& zone) { return part_of(ByteView(zone).subspan(4, 4)); }
std::string part_name(ByteView revision);  // "ATECC508A", "ATECC608B", "unknown part 0000 7000"

std::string serial(const Zone& zone);  // nine bytes as hex: "0123a1b2c3d4e5f6ee"

// Locked means that the byte says so; a value that the chip never writes counts as unlocked.
inline bool config_locked(const Zone& zone) { return zone[87] == 0x00; }
inline bool data_locked(const Zone& zone) { return zone[86] == 0x00; }  // data slots and OTP
bool slot_locked(const Zone& zone, unsigned slot);

// 7 bit, as Linux counts. Byte 16, or of a 608 UserExtraAdd (byte 85) where ChipMode bit 0 says so and it is set.
std::uint8_t address_of(const Zone& zone);

// What was meant by an address in the 8-bit form that data sheets print (0xc0, 0x6a, 0x6c): 0x60, 0x35, 0x36. Nothing
// where the address is taken for a 7-bit one; 0x6a and 0x6c are not, for Trust Platform parts are known by them.
std::optional<std::uint8_t> seven_bit_form(std::uint32_t address);

// "Trust&GO" or "TrustFLEX" for a part that left the factory provisioned and locked, else empty.
std::string trust_platform(const Zone& zone);

// The words that the Write command takes: all but the chip's own (bytes 0 to 15) and those that UpdateExtra and Lock
// set (84 to 87).
constexpr bool writable_word(unsigned word) { return word >= 4 && word < zone_words && word != 21; }

// wanted, with the chip's own bytes where Write cannot go: what a complete write makes of this chip. Bit 0 of byte 16,
// which is not part of the address, stays the chip's as well.
Zone on_chip(const Zone& wanted, const Zone& chip);

}  // namespace vouchgate::atecc608
