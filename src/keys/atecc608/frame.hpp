// Commands to bytes and bytes to answers. Pure. Never believes a byte whose CRC does not hold.
#pragma once

#include <cstdint>

#include "vouchgate/base/bytes.hpp"

namespace vouchgate::keys::atecc608 {

// First byte of every write to the chip.
constexpr std::uint8_t word_reset = 0x00;  // the next read starts at the first byte of the answer again
constexpr std::uint8_t word_sleep = 0x01;
constexpr std::uint8_t word_idle = 0x02;
constexpr std::uint8_t word_command = 0x03;

enum class Opcode : std::uint8_t {
  read = 0x02,
  write = 0x12,
  nonce = 0x16,
  lock = 0x17,
  info = 0x30,
  generate_key = 0x40,
  sign = 0x41,
};

struct Command {
  Opcode opcode = Opcode::info;
  std::uint8_t p1 = 0;
  std::uint16_t p2 = 0;
  Bytes data;
  std::size_t answer = 1;  // bytes of its payload when it succeeds; 1: a status
};

constexpr std::size_t frame_overhead = 3;  // count and CRC around the payload
constexpr std::size_t status_frame = 4;
constexpr std::size_t least_command = 7;

// word_command, count, opcode, p1, p2 low byte first, data, CRC low byte first over all but the first byte.
Bytes packet(const Command& command);

struct Answer {
  enum class Kind { payload, status, garbled } kind = Kind::garbled;
  Bytes payload;
  std::uint8_t status = 0;
};
// `raw` starts with the count and may go on behind the frame: a chip that has no more to say sends 0xFF. `expected` as
// in Command::answer.
Answer read_answer(ByteView raw, std::size_t expected);

}  // namespace vouchgate::keys::atecc608
