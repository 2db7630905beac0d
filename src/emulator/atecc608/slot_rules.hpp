// SlotConfig and KeyConfig of one slot, as far as the simulated commands obey them. Never decides for a command.
#pragma once

#include <cstdint>

#include "state.hpp"

namespace vouchgate::emulator::atecc608 {

struct SlotRules {
  // SlotConfig; the first only means something in a private slot
  bool external_sign = false, limited_use = false, encrypted_read = false, secret = false;
  unsigned write_config = 0;
  // KeyConfig. ReqRandom is not here: it does not hinder GenKey, nor Sign with a digest that was passed through.
  bool is_private = false, public_info = false, p256 = false, lockable = false, needs_authorization = false;
  bool disabled = false;  // PersistentDisable, on a 508A IntrusionDisable: while the latch is not set
};

inline SlotRules rules_of(const State& state, unsigned slot) {
  const unsigned slot_config = state.config[20 + 2 * slot] | state.config[21 + 2 * slot] << 8U;
  const unsigned key_config = state.config[96 + 2 * slot] | state.config[97 + 2 * slot] << 8U;
  const auto bit = [](unsigned value, unsigned at) { return ((value >> at) & 1U) != 0; };
  SlotRules rules;
  rules.external_sign = bit(slot_config, 0);
  rules.limited_use = bit(slot_config, 5);
  rules.encrypted_read = bit(slot_config, 6);
  rules.secret = bit(slot_config, 7);
  rules.write_config = slot_config >> 12U;
  rules.is_private = bit(key_config, 0);
  rules.public_info = bit(key_config, 1);
  rules.p256 = ((key_config >> 2U) & 7U) == 4;
  rules.lockable = bit(key_config, 5);
  rules.needs_authorization = bit(key_config, 7);
  rules.disabled = bit(key_config, 12) && !state.latch;
  return rules;
}

}  // namespace vouchgate::emulator::atecc608
