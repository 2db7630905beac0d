// Judges slots and zones by what the Sign, GenKey and Lock commands ask of them. Sources: the public data sheet summary
// DS40001977, Microchip's TNGTLS and TFLXTLS configuration pages. Never excuses a slot for the part it is in, but for
// those that Microchip provisions and locks itself.
#include "vouchgate/model/atecc608_objections.hpp"

#include <algorithm>

namespace vouchgate::atecc608 {
namespace {

using Objections = std::vector<Objection>;

// Without these the chip answers Sign or GenKey with 0F, or stops doing so one day.
void cannot_sign(const Slot& slot, const Zone& zone, Objections& found) {
  if (!slot.private_key) {
    found.push_back({"private", "the slot holds data, not a private key", "set private: true"});
    return;
  }
  if (slot.key_type != key_type_p256)
    found.push_back({"key_type", "the key is not of type p256", "set key_type: p256"});
  if (!slot.external_sign())
    found.push_back({"external_sign", "the key may not sign digests of the host's", "set external_sign: true"});
  if (!slot.public_info)
    found.push_back({"public_info", "the chip would not tell the public key", "set public_info: true"});
  if (slot.require_auth)
    found.push_back({"require_auth", "each use would want an authorisation by slot " + std::to_string(slot.auth_key),
                     "set require_auth: false"});
  if (slot.limited_use) found.push_back({"limited_use", "a counter would end the key's use", "set limited_use: false"});
  // Microchip ships TrustFLEX's slot 0 with it, and that slot signs as it comes
  if (slot.persistent_disable)
    found.push_back({"persistent_disable", "the key signs only while the chip's persistent latch is set",
                     "set persistent_disable: false", trust_platform(zone).empty()});
}

void could_leak(const Slot& slot, bool open, Objections& found) {
  if (!slot.secret) found.push_back({"secret", "the slot is not marked as secret", "set secret: true"});
  if (slot.encrypt_read)
    found.push_back({"encrypt_read", "the slot may be read out, encrypted", "set encrypt_read: false"});
  if (slot.priv_write())
    found.push_back({"write_config", "a key made outside the chip could be written into the slot",
                     "set write_config: 2, which lets GenKey make one and nothing else", open});
  if (slot.ecdh())
    found.push_back({"ecdh", "the key also serves key agreement", "a key that only signs is safer", false});
  if (slot.internal_sign())
    found.push_back({"internal_sign", "the key also signs messages that the chip makes itself",
                     "a key that only signs digests of the host's is safer", false});
}

// What can be mended only as long as the zone is open.
void for_ever(const Slot& slot, const Zone& zone, unsigned number, Objections& found) {
  const bool open = !config_locked(zone);
  if (!slot.gen_key())
    found.push_back({"write_config", "GenKey could make no key in the slot once the data zone is locked",
                     open ? "set write_config: 2" : "", !data_locked(zone)});
  if (!slot.lockable && slot.gen_key())
    found.push_back({"lockable",
                     "whoever reaches the bus could replace the key at any time, for the slot cannot be locked",
                     open ? "set lockable: true" : "", open});
  if (slot_locked(zone, number) && !data_locked(zone))
    found.push_back({"slot_locked", "the slot would be locked before it has a key", "set locked: false"});
}

// Bytes that mean something else in an ATECC508A.
void of_608(const Zone& zone, bool open, Objections& found) {
  const auto unset = [](std::uint8_t byte) { return byte == 0; };
  if (open && (zone[19] & 1) != 0 && zone[85] == 0)
    found.push_back({"chip_mode", "lets whoever reaches the bus move the chip to another address, once",
                     "bit 0 clear keeps it where it is", false});
  if (std::all_of(&zone[68], &zone[76], [](std::uint8_t byte) { return byte == 0xff; }))
    found.push_back({"bytes_68_to_83",
                     "are an ATECC508A's LastKeyUse, which an ATECC608 takes for UseLock and SecureBoot",
                     "leave them 0", open});
  else if (zone[68] != 0)
    found.push_back({"bytes_68_to_83", "turn on UseLock, which can keep every key from use until it is unlocked",
                     "leave them 0", open});
  else if (!std::all_of(&zone[69], &zone[84], unset))
    found.push_back({"bytes_68_to_83",
                     "turn on VolatileKey, SecureBoot or KDF, which this product does not use, or are reserved",
                     "leave them 0", false});
  if ((zone[18] & 1) != 0)
    found.push_back({"count_match", "is on, which ends the use of keys by a counter", "0 turns it off", false});
}

// Each hint says what to set, and of a locked zone nothing can be set any more.
void without_hints(Objections& found) {
  for (Objection& one : found) one.hint.clear();
}

}  // namespace

Objections objections(const Zone& zone, unsigned number) {
  const Slot slot = slot_of(zone, number);
  Objections found;
  cannot_sign(slot, zone, found);
  if (slot.private_key) {  // all else means something different in a slot of data
    could_leak(slot, !config_locked(zone), found);
    for_ever(slot, zone, number, found);
  }
  // Microchip's own configurations are what they are meant to be, and stay so.
  if (!trust_platform(zone).empty()) std::erase_if(found, [](const Objection& one) { return !one.fatal; });
  if (config_locked(zone)) without_hints(found);
  return found;
}

Objections objections(const Zone& zone) {
  const bool open = !config_locked(zone);
  Objections found;
  if (address_of(zone) < 0x08 || address_of(zone) > 0x77)
    found.push_back({"address", "is outside 0x08 to 0x77, so the bus could not reach the chip", "0x60 is usual", open});
  const unsigned divider = zone[19] & 0xf8u;
  if (divider != 0x00 && divider != 0x28 && divider != 0x68)
    found.push_back(
        {"chip_mode", "names a clock divider that does not exist", "bits 7 to 3: 0x00, 0x28 or 0x68", open});
  else if (divider != 0)
    found.push_back({"chip_mode", "slows the clock: a signature takes up to 665 ms", "0x00 is the full clock", false});
  if (part_of(zone) == Part::atecc608) of_608(zone, open, found);
  if (!open) without_hints(found);
  return found;
}

std::string other_slots(const Zone& zone, unsigned slot) {
  std::vector<std::string> good;
  for (unsigned other = 0; other < slots; ++other)
    if (other != slot && !any_fatal(objections(zone, other))) good.push_back(std::to_string(other));
  if (good.empty()) return "no other slot of this chip could hold the key either: take another chip";
  std::string out = "key.atecc608.slot: " + good.front();
  for (std::size_t i = 1; i < good.size(); ++i) out += (i + 1 < good.size() ? ", " : " or ") + good[i];
  return out + " could hold the key; 'vouchgate atecc config show' shows all slots";
}

bool any_fatal(const Objections& found) {
  return std::any_of(found.begin(), found.end(), [](const Objection& one) { return one.fatal; });
}

}  // namespace vouchgate::atecc608
