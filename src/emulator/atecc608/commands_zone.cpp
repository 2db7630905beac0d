// Read and Write by the lock matrix and the slots' rules. Never encrypted: that mode is not simulated.
#include <algorithm>
#include <optional>

#include "commands.hpp"
#include "slot_rules.hpp"

namespace vouchgate::emulator::atecc608 {
namespace {

constexpr std::uint8_t wide_bit = 0x80;  // 32 bytes instead of 4
constexpr std::size_t block = 32, word = 4;

enum class Zone : std::uint8_t { config, otp, data };

struct Place {
  Zone zone;
  unsigned slot = 0;  // of the data zone
  std::size_t offset, size;
};

std::optional<Place> place_of(const Command& command) {
  const unsigned zone = command.p1 & 0x7FU;
  const bool wide = (command.p1 & wide_bit) != 0;
  const std::size_t in_block = command.p2 & 7U;
  if (zone > 2 || (wide && in_block != 0)) return std::nullopt;
  Place place{static_cast<Zone>(zone), 0, in_block * word, wide ? block : word};
  if (place.zone != Zone::data) {
    place.offset += (command.p2 >> 3U) * block;
    const std::size_t end = place.zone == Zone::config ? 128 : 64;
    return place.offset < end ? std::optional(place) : std::nullopt;
  }
  place.slot = (command.p2 >> 3U) & 0xFU;
  if ((command.p2 & 0x80U) != 0) return std::nullopt;
  place.offset += (command.p2 >> 8U) * block;
  return place.offset < slot_bytes(place.slot) ? std::optional(place) : std::nullopt;
}

bool may_write_config(const State& state, const Place& place) {
  if (state.config_locked()) return false;
  const std::size_t end = place.offset + place.size;
  const bool read_only = place.offset < 16, lock_bytes = place.offset < 88 && end > 84;
  return !read_only && !lock_bytes;
}

// OTPmode of a 508A: bits may be cleared and never set again.
bool consumes(const State& state, const Place& place, ByteView data) {
  constexpr std::uint8_t consumption_mode = 0x55;
  if (state.part != Part::atecc508a || state.config[18] != consumption_mode) return false;
  const auto* const old = &state.otp[place.offset];
  return std::equal(data.begin(), data.end(), old,
                    [](std::uint8_t wanted, std::uint8_t there) { return (wanted & ~there) == 0; });
}

bool may_write_data(const State& state, const Place& place, ByteView data) {
  if (!state.config_locked()) return false;
  const bool wide = place.size == block;
  if (place.zone == Zone::otp) return wide && (!state.data_locked() || consumes(state, place, data));
  const SlotRules rules = rules_of(state, place.slot);
  if (rules.is_private || state.slot_locked(place.slot)) return false;
  if (!state.data_locked()) return wide;
  // 0 always; 1 while a public key is not validated, which no simulated command does
  return rules.write_config <= 1 && (wide || !rules.secret);
}

std::span<std::uint8_t> memory_of(State& state, const Place& place) {
  if (place.zone == Zone::config) return state.config;
  if (place.zone == Zone::otp) return state.otp;
  return state.slots[place.slot];
}

}  // namespace

Bytes read(const Command& command, Core core) {
  const auto place = place_of(command);
  if (!place || !command.data.empty()) return payload_of(parse_error);
  const auto memory = memory_of(core.state, *place);
  if (place->offset + place->size > memory.size()) return payload_of(parse_error);  // a slot's short last block
  if (place->zone != Zone::config && !core.state.data_locked()) return payload_of(not_now);
  if (place->zone == Zone::data) {
    const SlotRules rules = rules_of(core.state, place->slot);
    if (rules.is_private || rules.secret || rules.encrypted_read) return payload_of(not_now);
  }
  const auto part = memory.subspan(place->offset, place->size);
  return {part.begin(), part.end()};
}

Bytes write(const Command& command, Core core) {
  const auto place = place_of(command);
  if (!place || command.data.size() != place->size) return payload_of(parse_error);
  const auto memory = memory_of(core.state, *place);
  const std::size_t fits = std::min(place->size, memory.size() - place->offset);
  const auto first_beyond = command.data.begin() + static_cast<std::ptrdiff_t>(fits);
  if (std::any_of(first_beyond, command.data.end(), [](std::uint8_t byte) { return byte != 0; }))
    return payload_of(parse_error);
  const bool allowed = place->zone == Zone::config ? may_write_config(core.state, *place)
                                                   : may_write_data(core.state, *place, command.data);
  if (!allowed) return payload_of(not_now);
  std::copy(command.data.begin(), first_beyond, memory.begin() + static_cast<std::ptrdiff_t>(place->offset));
  return payload_of(done);
}

}  // namespace vouchgate::emulator::atecc608
