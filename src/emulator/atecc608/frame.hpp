// Packets of the ATECC508A and 608 as they cross the bus, with a checksum of its own: a mistake in the product's must
// not hide here. Never knows what a command means.
#pragma once

#include <cstdint>
#include <optional>

#include "vouchgate/base/bytes.hpp"

namespace vouchgate::emulator::atecc608 {

// Polynomial 0x8005, start 0, bits of each byte from the lowest, result not reflected; low byte first on the wire.
std::uint16_t checksum(ByteView bytes);

struct Command {
  std::uint8_t opcode = 0, p1 = 0;
  std::uint16_t p2 = 0;
  Bytes data;
};

constexpr std::size_t least_command = 7;       // bytes, count and checksum included
constexpr std::size_t most_command = 7 + 155;  // the 608's input buffer

// count .. checksum; nothing if the checksum is wrong. packet has at least least_command bytes, as many as its count
// says.
std::optional<Command> parse(ByteView packet);
// payload with count and checksum around it.
Bytes framed(ByteView payload);

// Status codes. Each also is the single byte of a payload.
enum Status : std::uint8_t {
  done = 0x00,
  no_match = 0x01,     // Verify
  parse_error = 0x03,  // illegal whatever the state is
  ecc_failed = 0x05,
  self_test_bad = 0x07,
  rng_bad = 0x08,
  not_now = 0x0F,  // legal, but not in this state
  woke_up = 0x11,
  too_late = 0xEE,  // the watchdog would end it
  bad_checksum = 0xFF,
};
inline Bytes payload_of(Status status) { return Bytes(1, status); }

}  // namespace vouchgate::emulator::atecc608
