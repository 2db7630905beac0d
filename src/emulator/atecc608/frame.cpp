// Checksums and cuts packets, bit by bit as the data sheet draws it. Never guesses at a packet whose checksum is wrong.
#include "frame.hpp"

namespace vouchgate::emulator::atecc608 {

std::uint16_t checksum(ByteView bytes) {
  unsigned shift = 0;
  for (const std::uint8_t byte : bytes)
    for (unsigned bit = 0; bit < 8; ++bit) {
      const bool feedback = (((byte >> bit) ^ (shift >> 15)) & 1U) != 0;
      shift = (shift << 1) & 0xFFFFU;
      if (feedback) shift ^= 0x8005U;
    }
  return static_cast<std::uint16_t>(shift);
}

std::optional<Command> parse(ByteView packet) {
  const std::size_t end = packet.size() - 2;
  if (checksum(packet.first(end)) != (packet[end] | packet[end + 1] << 8)) return std::nullopt;
  Command command{packet[1], packet[2], static_cast<std::uint16_t>(packet[3] | packet[4] << 8), {}};
  command.data.assign(packet.begin() + 5, packet.begin() + static_cast<std::ptrdiff_t>(end));
  return command;
}

Bytes framed(ByteView payload) {
  Bytes frame;
  frame.push_back(static_cast<std::uint8_t>(payload.size() + 3));
  frame.insert(frame.end(), payload.begin(), payload.end());
  const std::uint16_t sum = checksum(frame);
  frame.push_back(static_cast<std::uint8_t>(sum));
  frame.push_back(static_cast<std::uint8_t>(sum >> 8));
  return frame;
}

}  // namespace vouchgate::emulator::atecc608
