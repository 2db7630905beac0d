// GenKey, Sign and Verify under the slots' rules. Never lets a private key out.
#include <utility>

#include "commands.hpp"
#include "p256.hpp"
#include "slot_rules.hpp"

namespace vouchgate::emulator::atecc608 {
namespace {

constexpr std::uint8_t in_message_digest = 0x20;  // Sign and Verify: the digest is not in TempKey, 608 only

Bytes bytes_of(const Point& point) { return {point.begin(), point.end()}; }

bool usable(const SlotRules& rules) {
  return rules.is_private && rules.p256 && !rules.needs_authorization && !rules.disabled;
}

bool may_create(const State& state, unsigned slot, const SlotRules& rules) {
  constexpr unsigned genkey_allowed = 2;  // of WriteConfig: bit 13 of SlotConfig
  if (!state.config_locked() || !usable(rules) || state.slot_locked(slot)) return false;
  return !state.data_locked() || (rules.write_config & genkey_allowed) != 0;
}

Bytes create(unsigned slot, Core core) {
  if (!may_create(core.state, slot, rules_of(core.state, slot))) return payload_of(not_now);
  if (core.memory.rng_failed) return payload_of(rng_bad);
  const auto secret = make_scalar();
  const auto point = secret ? public_point(*secret) : std::nullopt;
  if (!point) return payload_of(ecc_failed);
  core.state.keys[slot] = secret;
  return bytes_of(*point);
}

Bytes show_public(unsigned slot, const State& state) {
  const SlotRules rules = rules_of(state, slot);
  if (!state.config_locked() || !usable(rules) || !rules.public_info || !state.keys[slot]) return payload_of(not_now);
  const auto point = public_point(*state.keys[slot]);
  return point ? bytes_of(*point) : payload_of(ecc_failed);
}

// The digest, which is gone then, also after a refusal: whether every part forgets it is not documented, so whoever
// relies on it fails here.
Buffer taken(std::uint8_t p1, VolatileMemory& memory) {
  return std::exchange((p1 & in_message_digest) != 0 ? memory.message_digest : memory.temp_key, Buffer{});
}

bool may_sign(const State& state, unsigned slot, const SlotRules& rules) {
  return state.config_locked() && usable(rules) && rules.external_sign && state.keys[slot] &&
         (!rules.limited_use || state.counters[0] < counter_limit);
}

}  // namespace

Bytes generate_key(const Command& command, Core core) {
  constexpr std::uint8_t create_mode = 0x04, public_mode = 0x00;
  if ((command.p1 != create_mode && command.p1 != public_mode) || command.p2 >= slot_count || !command.data.empty())
    return payload_of(parse_error);
  return command.p1 == create_mode ? create(command.p2, core) : show_public(command.p2, core.state);
}

Bytes sign(const Command& command, Core core) {
  constexpr std::uint8_t external = 0x80;
  const bool known = command.p1 == external || (core.is_608() && command.p1 == (external | in_message_digest));
  if (!known || command.p2 >= slot_count || !command.data.empty()) return payload_of(parse_error);
  const SlotRules rules = rules_of(core.state, command.p2);
  const Buffer digest = taken(command.p1, core.memory);
  if (!may_sign(core.state, command.p2, rules) || !digest.valid()) return payload_of(not_now);
  if (core.memory.rng_failed) return payload_of(rng_bad);
  if (rules.limited_use) ++core.state.counters[0];
  const auto signature = sign(*core.state.keys[command.p2], ByteView(digest.bytes).first(32));
  return signature ? bytes_of(*signature) : payload_of(ecc_failed);
}

Bytes verify(const Command& command, Core core) {
  constexpr std::uint8_t external = 0x02;
  constexpr std::uint16_t p256 = 0x0004;
  const bool known = command.p1 == external || (core.is_608() && command.p1 == (external | in_message_digest));
  if (!known || command.p2 != p256 || command.data.size() != 128) return payload_of(parse_error);
  const Buffer digest = taken(command.p1, core.memory);
  if (!core.state.config_locked() || !digest.valid()) return payload_of(not_now);
  const ByteView data = command.data;
  const auto good = verify(data.subspan(64), ByteView(digest.bytes).first(32), data.first(64));
  return payload_of(!good ? ecc_failed : *good ? done : no_match);
}

}  // namespace vouchgate::emulator::atecc608
