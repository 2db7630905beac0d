// Every key of a chip configuration: range, unit, help. Sources: the public data sheet summary DS40001977 and
// Microchip's pages on the TNGTLS and TFLXTLS configurations. Never knows where a value lies in the zone.
#include "chip_describe.hpp"

namespace vouchgate::config {
namespace {

constexpr NumberRange byte{0, 0xff};
constexpr NumberRange nibble{0, 15};

void flag(Visitor& v, const char* key, bool& value, const char* help) {
  std::string text = value ? "true" : "false";
  v.word(key, text, {"true", "false"}, help);
  value = text == "true";
}

void small(Visitor& v, const char* key, std::uint8_t& value, NumberRange range, const char* help) {
  std::uint64_t wide = value;
  v.number(key, wide, range, Style::decimal, help);
  value = static_cast<std::uint8_t>(wide);
}

// The key types by their number; those without a name are reserved.
void key_type(Visitor& v, std::uint8_t& value) {
  const std::vector<std::string> words = {"0", "1", "2", "3", "p256", "5", "aes", "other"};
  std::string text = words[value & 7u];
  v.word("key_type", text, words, "p256, aes, or other for data.");
  for (std::size_t i = 0; i < words.size(); ++i)
    if (words[i] == text) value = static_cast<std::uint8_t>(i);
}

}  // namespace

std::vector<HexField> hex_fields() {
  return {{"counter_0", 52, 8}, {"counter_1", 60, 8}, {"bytes_68_to_83", 68, 16}, {"x509_format", 92, 4}};
}

void describe_slot(Visitor& v, SlotText& s) {
  atecc608::Slot& slot = s.slot;
  flag(v, "private", slot.private_key, "A private key, which never leaves the chip.");
  key_type(v, slot.key_type);
  flag(v, "external_sign", s.external_sign, "Private key: signs the host's digests.");
  flag(v, "internal_sign", s.internal_sign, "Private key: signs messages that the chip makes.");
  flag(v, "ecdh", s.ecdh, "Private key: takes part in key agreement.");
  flag(v, "ecdh_to_next_slot", s.ecdh_to_next_slot, "Private key: ECDH writes its secret into the next slot.");
  v.number("read_key", s.read_key, nibble, Style::decimal, "Data: the slot whose key encrypts reads.");
  flag(v, "secret", slot.secret, "Never read in clear.");
  flag(v, "encrypt_read", slot.encrypt_read, "Read encrypted only.");
  flag(v, "no_mac", slot.no_mac, "Not for the MAC command.");
  flag(v, "limited_use", slot.limited_use, "A counter limits the use of the key.");
  small(v, "write_key", slot.write_key, nibble, "The slot whose key encrypts writes.");
  small(v, "write_config", slot.write_config, nibble,
        "Private key: 2 lets GenKey make it, 4 lets PrivWrite bring one, 6 both. Data: 0 writes in clear, 8 never, 4 "
        "encrypted.");
  flag(v, "public_info", slot.public_info, "Private key: the chip tells the public key.");
  flag(v, "lockable", slot.lockable, "Can be locked on its own, for ever.");
  flag(v, "locked", s.locked, "Is locked.");
  flag(v, "require_random", slot.require_random, "Some commands want a random nonce first; Sign of a digest does not.");
  flag(v, "require_auth", slot.require_auth, "Each use wants an authorisation by auth_key.");
  small(v, "auth_key", slot.auth_key, nibble, "The slot that authorises.");
  flag(v, "persistent_disable", slot.persistent_disable, "Works only while the persistent latch is set.");
  flag(v, "reserved_13", slot.reserved, "Bit 13 of KeyConfig: false.");
  small(v, "x509_id", slot.x509_id, {0, 3}, "Which of x509_format goes with the slot.");
}

void describe_chip(Visitor& v, ChipText& s) {
  v.word("part", s.part, {"atecc608", "atecc508a"}, "The family; their zones differ.");
  v.number("address", s.address, {0x08, 0x77}, Style::i2c_address,
           "On the bus, 7 bit. The chip answers there after its next sleep.");
  v.number("byte_17", s.byte_17, byte, Style::hexadecimal, "Reserved: 0.");
  if (s.is_508a())
    v.number("otp_mode", s.otp_mode, byte, Style::hexadecimal, "0xaa: the OTP zone is read-only; 0x55: consumption.");
  else
    v.number("count_match", s.count_match, byte, Style::hexadecimal, "Bit 0 limits keys by a counter; 0: off.");
  v.number(
      "chip_mode", s.chip_mode, byte, Style::hexadecimal,
      "Bit 0: UserExtraAdd is the address, 1: TTL levels, 2: long watchdog, 7 to 3: clock (0x00 full, 0x28, 0x68).");
  const auto fields = hex_fields();
  const char* help[] = {"Counter 0 as the chip encodes it; ffffffff00000000 is 0.", "Counter 1, likewise.",
                        "ATECC608: UseLock, VolatileKeyPermission, SecureBoot, KDF; all 0: off. ATECC508A: LastKeyUse.",
                        "Formats of stored certificates."};
  s.hex.resize(fields.size());
  for (std::size_t i = 0; i < fields.size(); ++i) v.text(fields[i].key, s.hex[i], help[i]);
  v.number(
      "chip_options", s.chip_options, {0, 0xffff}, Style::hexadecimal,
      "ATECC608: bit 0 self test at power-up, 1 IO protection, 2 AES in KDF, 9:8 and 11:10 ECDH and KDF protection, "
      "15:12 its key.");
  if (!v.enter("slots", "SlotConfig and KeyConfig of every slot. What a slot does not name is false or 0.")) return;
  for (std::size_t i = 0; i < s.slots.size(); ++i)
    if (v.enter(std::to_string(i).c_str(), "")) {
      describe_slot(v, s.slots[i]);
      v.leave();
    }
  v.leave();
}

}  // namespace vouchgate::config
