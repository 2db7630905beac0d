// Info, Random, Nonce, SHA, Counter and SelfTest. Never random before the configuration is locked, as the real chip.
#include <algorithm>

#include "commands.hpp"
#include "p256.hpp"

namespace vouchgate::emulator::atecc608 {
namespace {

Bytes randomness(const State& state) {
  Bytes out(32);
  if (state.config_locked())
    random_bytes(out);
  else
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = i % 4 < 2 ? 0xFF : 0x00;
  return out;
}

Bytes random_nonce(const Command& command, Core core) {
  constexpr std::uint16_t show_temp_key = 0x8000;
  const bool known_p2 = command.p2 == 0 || (core.is_608() && command.p2 == show_temp_key);
  if (command.data.size() != 20 || !known_p2) return payload_of(parse_error);
  if (core.memory.rng_failed) return payload_of(rng_bad);
  const Bytes drawn = randomness(core.state);
  Bytes message = drawn;
  message.insert(message.end(), command.data.begin(), command.data.end());
  message.insert(message.end(), {command.opcode, command.p1, static_cast<std::uint8_t>(command.p2)});
  const auto mixed = sha256(message);
  core.memory.temp_key = {Bytes(mixed.begin(), mixed.end()), true};
  return command.p2 == 0 ? drawn : core.memory.temp_key.bytes;
}

Buffer* target_of(std::uint8_t bits, Core core) {
  if (bits == 0x00) return &core.memory.temp_key;
  if (!core.is_608()) return nullptr;
  return bits == 0x40 ? &core.memory.message_digest : bits == 0x80 ? &core.memory.alternate_key : nullptr;
}

Bytes passed_nonce(const Command& command, Core core) {
  constexpr std::uint8_t longer = 0x20;  // 64 bytes instead of 32
  Buffer* const target = target_of(command.p1 & 0xC0, core);
  const bool wide = (command.p1 & longer) != 0;
  if (target == nullptr || command.p2 != 0 || command.data.size() != (wide ? 64U : 32U) ||
      (wide && (!core.is_608() || target == &core.memory.alternate_key)))
    return payload_of(parse_error);
  *target = {command.data, false};
  return payload_of(done);
}

Bytes sha_start(const Command& command, VolatileMemory& memory) {
  if (command.p2 != 0 || !command.data.empty()) return payload_of(parse_error);
  memory.sha_running = true;
  memory.sha_input.clear();
  memory.temp_key = {};  // the 508A computes there; a host that keeps its digest there meanwhile is wrong on one part
  return payload_of(done);
}

Bytes sha_end(const Command& command, Core core) {
  constexpr std::uint8_t output_only = 0xC0;
  const std::uint8_t target = command.p1 & 0xC0;
  if (command.p2 != command.data.size() || command.data.size() > 63 || target == 0x80 ||
      (target != 0 && !core.is_608()))
    return payload_of(parse_error);
  if (!core.memory.sha_running) return payload_of(not_now);
  core.memory.sha_running = false;
  Bytes& input = core.memory.sha_input;
  input.insert(input.end(), command.data.begin(), command.data.end());
  const auto digest = sha256(input);
  Bytes out(digest.begin(), digest.end());
  if (target != output_only) *target_of(target, core) = {out, false};
  return out;
}

}  // namespace

Bytes info(const Command& command, Core core) {
  const State& state = core.state;
  if (!command.data.empty()) return payload_of(parse_error);
  if (command.p1 == 0 && command.p2 == 0) return {state.config.begin() + 4, state.config.begin() + 8};
  if (command.p1 == 1 && command.p2 < slot_count) {
    if (!state.config_locked()) return payload_of(not_now);
    return {static_cast<std::uint8_t>(state.keys[command.p2] ? 1 : 0), 0, 0, 0};
  }
  if (command.p1 != 2 || command.p2 != 0) return payload_of(parse_error);
  const Buffer& key = core.memory.temp_key;
  const bool fixed = key.valid() && !key.from_random;
  return {static_cast<std::uint8_t>(fixed ? 0x10 : 0), static_cast<std::uint8_t>(key.valid() ? 0x80 : 0), 0, 0};
}

Bytes random(const Command& command, Core core) {
  if (command.p1 > 1 || command.p2 != 0 || !command.data.empty()) return payload_of(parse_error);
  return core.memory.rng_failed ? payload_of(rng_bad) : randomness(core.state);
}

Bytes nonce(const Command& command, Core core) {
  if (command.p1 <= 1) return random_nonce(command, core);
  return (command.p1 & 0x1F) == 3 ? passed_nonce(command, core) : payload_of(parse_error);
}

Bytes sha(const Command& command, Core core) {
  if (command.p1 == 0) return sha_start(command, core.memory);
  if ((command.p1 & 0x3F) == 2) return sha_end(command, core);
  if (command.p1 != 1 || command.p2 != 64 || command.data.size() != 64) return payload_of(parse_error);
  if (!core.memory.sha_running) return payload_of(not_now);
  Bytes& input = core.memory.sha_input;
  input.insert(input.end(), command.data.begin(), command.data.end());
  return payload_of(done);
}

Bytes counter(const Command& command, Core core) {
  if (command.p1 > 1 || command.p2 > 1 || !command.data.empty()) return payload_of(parse_error);
  std::uint32_t& value = core.state.counters[command.p2];
  if (!core.state.config_locked() || (command.p1 == 1 && value == counter_limit)) return payload_of(not_now);
  value += command.p1;
  return {static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(value >> 8U),
          static_cast<std::uint8_t>(value >> 16U), 0};
}

Bytes self_test(const Command& command, Core) {
  constexpr unsigned all = 0x3B;  // RNG, ECDSA, ECDH, AES, SHA
  if (command.p1 == 0 || (command.p1 & ~all) != 0 || command.p2 != 0 || !command.data.empty())
    return payload_of(parse_error);
  return {0};  // the bitmap of what failed
}

}  // namespace vouchgate::emulator::atecc608
