// A simulated chip with a host that does everything right, for the chip's tests. Never retries by itself.
#pragma once

#include <gtest/gtest.h>

#include "emulator/atecc608/chip.hpp"
#include "emulator/atecc608/frame.hpp"

namespace vouchgate::emulator::atecc608 {

using namespace std::chrono_literals;

inline Bytes bytes(std::string_view digits) {
  std::string plain;
  for (const char digit : digits)
    if (digit != ' ') plain += digit;
  return from_hex(plain).value();
}

inline Bytes packet(std::uint8_t opcode, std::uint8_t p1, std::uint16_t p2, const Bytes& data = {}) {
  Bytes payload{opcode, p1, static_cast<std::uint8_t>(p2), static_cast<std::uint8_t>(p2 >> 8U)};
  payload.insert(payload.end(), data.begin(), data.end());
  return framed(payload);  // commands and replies have the same frame
}

struct Bench {
  Chip chip;
  Time now{1000};
  std::uint8_t address = 0x60;

  explicit Bench(State state, Settings settings = {}) : chip(std::move(state), std::move(settings)) {
    address = chip.state().address();
  }
  bool word(std::uint8_t value) { return chip.write(address, Bytes{value}, now); }
  bool sleep() { return word(1); }
  bool idle() { return word(2); }
  bool rewind() { return word(0); }
  void pulse() { EXPECT_FALSE(chip.write(0, Bytes{0}, now)); }
  void wake() {
    pulse();
    now += 1500us;
  }
  bool send(const Bytes& frame) {
    Bytes message{3};
    message.insert(message.end(), frame.begin(), frame.end());
    return chip.write(address, message, now);
  }
  // Empty if it was not acknowledged.
  Bytes read(std::size_t size) {
    Bytes out(size);
    return chip.read(address, out, now) ? out : Bytes{};
  }
  // The whole reply frame, polled every millisecond for 300 ms; empty if none came.
  Bytes reply() {
    for (int polls = 0; polls < 300; ++polls, now += 1ms) {
      const Bytes count = read(1);
      if (count.empty()) continue;
      EXPECT_TRUE(rewind());
      return read(count[0]);
    }
    return {};
  }
  Bytes exchange(const Bytes& frame) { return send(frame) ? reply() : Bytes{}; }
  // The payload, in a window of its own unless the chip is awake.
  Bytes run(std::uint8_t opcode, std::uint8_t p1, std::uint16_t p2, const Bytes& data = {}) {
    if (chip.power(now) != Power::awake) wake();
    const Bytes frame = exchange(packet(opcode, p1, p2, data));
    if (frame.size() < 4) return {};
    EXPECT_EQ(checksum(ByteView(frame).first(frame.size() - 2)), frame[frame.size() - 2] | frame.back() << 8U);
    return {frame.begin() + 1, frame.end() - 2};
  }
  Bytes alone(std::uint8_t opcode, std::uint8_t p1, std::uint16_t p2, const Bytes& data = {}) {
    sleep();
    wake();
    Bytes payload = run(opcode, p1, p2, data);
    sleep();
    return payload;
  }
};

}  // namespace vouchgate::emulator::atecc608
