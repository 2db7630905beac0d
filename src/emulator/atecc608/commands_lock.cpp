// Lock and UpdateExtra: the two that no command undoes. Never locks on a wrong summary.
#include "commands.hpp"
#include "slot_rules.hpp"

namespace vouchgate::emulator::atecc608 {
namespace {

constexpr std::uint8_t without_sum = 0x80;

std::uint16_t data_sum(const State& state) {
  Bytes all;
  for (unsigned slot = 0; slot < slot_count; ++slot)
    if (!rules_of(state, slot).is_private) all.insert(all.end(), state.slots[slot].begin(), state.slots[slot].end());
  all.insert(all.end(), state.otp.begin(), state.otp.end());
  return checksum(all);
}

Bytes lock_zone(const Command& command, State& state, bool config) {
  const bool ready = config ? !state.config_locked() : state.config_locked() && !state.data_locked();
  if (!ready) return payload_of(not_now);
  const bool summed = (command.p1 & without_sum) == 0;
  if (summed && command.p2 != (config ? checksum(state.config) : data_sum(state))) return payload_of(not_now);
  state.config[config ? 87 : 86] = 0;
  return payload_of(done);
}

Bytes lock_slot(unsigned slot, State& state) {
  const bool ready = state.config_locked() && state.data_locked();
  if (!ready || !rules_of(state, slot).lockable || state.slot_locked(slot)) return payload_of(not_now);
  state.config[88 + slot / 8] &= static_cast<std::uint8_t>(~(1U << (slot % 8)));
  return payload_of(done);
}

}  // namespace

Bytes lock(const Command& command, Core core) {
  const unsigned zone = command.p1 & 3U, slot = (command.p1 >> 2U) & 0xFU;
  const bool summed = (command.p1 & without_sum) == 0;
  const bool stray_slot = zone != 2 && slot != 0, stray_sum = (zone == 2 || !summed) && command.p2 != 0;
  if (zone == 3 || (command.p1 & 0x40U) != 0 || (zone == 2 && !summed) || stray_slot || stray_sum ||
      !command.data.empty())
    return payload_of(parse_error);
  return zone == 2 ? lock_slot(slot, core.state) : lock_zone(command, core.state, zone == 0);
}

Bytes update_extra(const Command& command, Core core) {
  if (command.p1 > 1 || command.p2 > 0xFF || !command.data.empty()) return payload_of(parse_error);
  std::uint8_t& byte = core.state.config[84U + command.p1];
  if (byte != 0) return payload_of(not_now);
  byte = static_cast<std::uint8_t>(command.p2);
  return payload_of(done);
}

}  // namespace vouchgate::emulator::atecc608
