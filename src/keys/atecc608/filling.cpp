// Decides by the configuration alone.
#include "filling.hpp"

#include "../crypto.hpp"

namespace vouchgate::keys::atecc608 {
namespace {

namespace zones = vouchgate::atecc608;
constexpr std::size_t otp_bytes = 64;
constexpr std::uint8_t erased = 0xFF;

}  // namespace

Result<Filling> filling(const zones::Zone& config) {
  Filling out;
  out.otp.assign(otp_bytes, erased);
  for (unsigned slot = 0; slot < zones::slots; ++slot) {
    const zones::Slot rules = zones::slot_of(config, slot);
    if (rules.private_key) continue;
    if (zones::slot_locked(config, slot))
      return fail(Code::unsupported, "key", "chip " + zones::serial(config),
                  "slot " + std::to_string(slot) + " is locked already, and what it holds is not known",
                  "--keep-data locks the data zone with what it holds");
    out.slots[slot].assign(zones::slot_bytes(slot), erased);
    if (!rules.secret && !rules.encrypt_read) continue;
    if (auto random = random_bytes(out.slots[slot]); !random) return fail(random.error());
  }
  return out;
}

std::uint16_t crc_of(const Filling& filling) {
  Bytes all;
  for (const Bytes& slot : filling.slots) all.insert(all.end(), slot.begin(), slot.end());
  all.insert(all.end(), filling.otp.begin(), filling.otp.end());
  return zones::crc16(all);
}

}  // namespace vouchgate::keys::atecc608
