// Frames of the I2C interface: count, content, CRC.
#include "frame.hpp"

#include "vouchgate/model/atecc608_zone.hpp"

namespace vouchgate::keys::atecc608 {

using vouchgate::atecc608::crc16;

Bytes packet(const Command& command) {
  Bytes out{word_command,
            static_cast<std::uint8_t>(least_command + command.data.size()),
            static_cast<std::uint8_t>(command.opcode),
            command.p1,
            static_cast<std::uint8_t>(command.p2 & 0xFF),
            static_cast<std::uint8_t>(command.p2 >> 8)};
  out.insert(out.end(), command.data.begin(), command.data.end());
  const std::uint16_t crc = crc16(ByteView(out).subspan(1));
  out.push_back(static_cast<std::uint8_t>(crc & 0xFF));
  out.push_back(static_cast<std::uint8_t>(crc >> 8));
  return out;
}

Answer read_answer(ByteView raw, std::size_t expected) {
  if (raw.empty()) return {};
  const std::size_t count = raw[0];
  if (count < status_frame || count > raw.size()) return {};
  const ByteView body = raw.first(count - 2);
  const std::uint16_t crc = crc16(body);
  if (raw[count - 2] != (crc & 0xFF) || raw[count - 1] != crc >> 8) return {};
  if (count == status_frame) return {Answer::Kind::status, {}, raw[1]};
  if (count != expected + frame_overhead) return {};
  return {Answer::Kind::payload, Bytes(body.begin() + 1, body.end()), 0};
}

}  // namespace vouchgate::keys::atecc608
