// What an ATECC508A or 608 remembers without power, and the file that it lives in. Never knows what is awake.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "descriptor.hpp"
#include "vouchgate/base/bytes.hpp"

namespace vouchgate::emulator::atecc608 {

enum class Part { atecc508a, atecc608a, atecc608b };

constexpr unsigned slot_count = 16;
using Serial = std::array<std::uint8_t, 9>;
// 01 23 ... EE, as blank parts have it; the last byte is 01 on the Trust Platform's.
constexpr Serial example_serial{0x01, 0x23, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0xEE};
constexpr Serial platform_serial{0x01, 0x23, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x01};

struct State {
  Part part = Part::atecc608b;
  std::array<std::uint8_t, 128> config{};
  std::array<std::uint8_t, 64> otp{};
  std::array<Bytes, slot_count> slots;  // 36 bytes in 0..7, 416 in 8, 72 in 9..15; of a private slot never shown
  std::array<std::optional<std::array<std::uint8_t, 32>>, slot_count> keys;  // private scalars, big-endian
  std::array<std::uint32_t, 2> counters{};  // the chip's own encoding in config bytes 52..67 is not modelled
  bool latch = false;                       // PersistentLatch; no simulated command sets it

  bool config_locked() const { return config[87] != 0x55; }
  bool data_locked() const { return config[86] != 0x55; }
  bool slot_locked(unsigned slot) const { return ((config[88 + slot / 8] >> (slot % 8)) & 1) == 0; }
  std::uint8_t address() const;  // 7 bits, what the next wake makes effective
  friend bool operator==(const State&, const State&) = default;
};

constexpr std::size_t slot_bytes(unsigned slot) { return slot < 8 ? 36 : slot == 8 ? 416 : 72; }

// As it leaves the factory: nothing locked, no key, what the data slots hold is not predictable.
State blank(Part part, const Serial& serial = example_serial);
// The layout "jwt-1", both zones locked: slots 0 and 1 sign and make keys, 2..7 are of no use, 8..15 are free data.
State jwt1(Part part, bool with_key, const Serial& serial = example_serial);
// A pre-provisioned 608B at 0x35: key in slot 0 that no command replaces, 72-byte certificates in slots 10 and 12 (laid
// out like the real ones, but signed over serial and key only), the signer's public key in slot 11.
State trust_and_go(const Serial& serial = platform_serial);
// The same as TrustFLEX has it (published zone of a TFLXTLS): at 0x36, slot 0 works only while the latch is set, which
// it is.
State trust_flex(const Serial& serial = platform_serial);

std::string_view name(Part part);  // "508a", "608a", "608b"
std::optional<Part> part_named(std::string_view name);

// JSON, readable and editable. Errors of parse: corrupt, and the reason names the field.
std::string to_json(const State& state);
Result<State> from_json(std::string_view text, const std::string& path);

// load: not_found, denied, invalid (no regular file), too_large, corrupt. save replaces the file atomically and returns
// once it is on the disk, mode 0600.
Result<State> load(const std::string& path);
Result<void> save(const State& state, const std::string& path);
// For one program at a time: a lock on path + ".lock", for as long as the descriptor is open. Errors: busy, denied,
// not_found, unavailable.
Result<Descriptor> claim(const std::string& path);

}  // namespace vouchgate::emulator::atecc608
