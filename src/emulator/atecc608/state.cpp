// Makes chips: blank ones from published dumps, provisioned ones from a layout. Never reads or writes a file.
#include "state.hpp"

#include <algorithm>

#include "p256.hpp"

namespace vouchgate::emulator::atecc608 {
namespace {

constexpr std::array<std::string_view, 3> part_names{"508a", "608a", "608b"};

struct Dump {
  std::string_view from_16;      // ChipMode included
  std::string_view slots, keys;  // SlotConfig, KeyConfig
};
constexpr Dump factory{"c0000000", "83208720 8f20c48f 8f8f8f8f 9f8faf8f 00000000 00000000 00000000 0000af8f",
                       "33003300 33001c00 1c001c00 1c001c00 3c003c00 3c003c00 3c003c00 3c001c00"};
constexpr Dump jwt1_dump{"c0000000", "81208120 8f8f8f8f 8f8f8f8f 8f8f8f8f 0f0f0f0f 0f0f0f0f 0f0f0f0f 0f0f0f0f",
                         "33003300 1c001c00 1c001c00 1c001c00 3c003c00 3c003c00 3c003c00 3c003c00"};
// Slot 0 signs and makes no key, 2..4 are for spare keys, 5 and 10..12 can be read and never written.
constexpr Dump trust_dump{"6a000001", "85008200 85208520 85200f8f 8f0f9f8f 0f0f8f0f 0f8f0f8f 0f8f0f0f 0d1f0f8f",
                          "53005300 73007300 73001c00 7c001c00 3c001a00 1c001000 1c003000 12003000"};
constexpr Dump flex_dump{"6c000001", "85008200 85208520 85208f46 8f0f9f8f 0f0f8f0f 0f8f0f8f 0f8f0f0f 0d1f0f8f",
                         "53105300 73007300 73003800 7c001c00 3c001a00 1c001000 1c003000 12003000"};

void put(State& state, std::size_t at, std::string_view digits) {
  std::string plain(digits);
  plain.erase(std::remove(plain.begin(), plain.end(), ' '), plain.end());
  const Bytes bytes = from_hex(plain).value_or(Bytes{});
  std::copy(bytes.begin(), bytes.end(), state.config.begin() + static_cast<std::ptrdiff_t>(at));
}

// Serial, revision and the two bytes behind it, as in published dumps.
void put_header(State& state, const Serial& serial) {
  std::copy(serial.begin(), serial.begin() + 4, state.config.begin());
  std::copy(serial.begin() + 4, serial.end(), state.config.begin() + 8);
  const bool old = state.part == Part::atecc508a, first = state.part == Part::atecc608a;
  put(state, 4, old ? "00005000" : first ? "00006002" : "00006003");
  put(state, 13, old ? "005500" : first ? "c15500" : "610100");
}

State unlocked(Part part, const Serial& serial, const Dump& dump) {
  State state;
  state.part = part;
  put_header(state, serial);
  put(state, 16, dump.from_16);
  put(state, 20, dump.slots);
  put(state, 52, "ffffffff00000000ffffffff00000000");
  if (part == Part::atecc508a) std::fill_n(state.config.begin() + 68, 16, std::uint8_t{0xFF});  // LastKeyUse
  put(state, 86, "5555ffff");
  put(state, 96, dump.keys);
  for (unsigned slot = 0; slot < slot_count; ++slot) state.slots[slot].assign(slot_bytes(slot), 0xFF);
  state.otp.fill(0xFF);
  return state;
}

// Publicly documented: signature 64, dates 3, signer 2, template and chain 1, serial number's source 1, zero 1.
Bytes compressed_certificate(const Scalar& signer, ByteView serial, ByteView key) {
  Bytes signed_bytes(serial.begin(), serial.end());
  signed_bytes.insert(signed_bytes.end(), key.begin(), key.end());
  const Point signature = sign(signer, sha256(signed_bytes)).value_or(Point{});
  Bytes out(signature.begin(), signature.end());
  for (const std::uint8_t byte : {0xA6, 0x32, 0x00, 0x12, 0x34, 0x20, 0x00, 0x00}) out.push_back(byte);
  return out;
}

// 4 zeros X 4 zeros Y
Bytes stored_point(const Point& point) {
  Bytes out(72);
  std::copy_n(point.begin(), 32, out.begin() + 4);
  std::copy_n(point.begin() + 32, 32, out.begin() + 40);
  return out;
}

// As Microchip ships them. `product` names the certificates' template.
State trusted(const Dump& dump, std::string_view product, const Serial& serial) {
  State state = unlocked(Part::atecc608b, serial, dump);
  put(state, 90, "0e60");
  state.config[86] = state.config[87] = 0;
  for (const unsigned slot : {0U, 1U}) state.keys[slot] = make_scalar();
  const Scalar signer = make_scalar().value_or(Scalar{});
  const Point signer_point = public_point(signer).value_or(Point{}),
              point = public_point(state.keys[0].value_or(Scalar{})).value_or(Point{});
  state.slots[10] = compressed_certificate(signer, serial, point);
  state.slots[11] = stored_point(signer_point);
  state.slots[12] = compressed_certificate(signer, serial, signer_point);
  std::copy(product.begin(), product.end(), state.otp.begin());
  return state;
}

}  // namespace

std::uint8_t State::address() const {
  const bool other = part != Part::atecc508a && (config[19] & 1U) != 0 && config[85] != 0;
  return config[other ? 85 : 16] >> 1U;
}

std::string_view name(Part part) { return part_names[static_cast<std::size_t>(part)]; }

std::optional<Part> part_named(std::string_view wanted) {
  for (std::size_t i = 0; i < part_names.size(); ++i)
    if (part_names[i] == wanted) return static_cast<Part>(i);
  return std::nullopt;
}

State blank(Part part, const Serial& serial) {
  State state = unlocked(part, serial, factory);
  if (part == Part::atecc508a) state.config[18] = 0x55;  // OTPmode
  for (Bytes& slot : state.slots) random_bytes(slot);
  random_bytes(state.otp);
  return state;
}

State jwt1(Part part, bool with_key, const Serial& serial) {
  State state = unlocked(part, serial, jwt1_dump);
  if (part == Part::atecc508a) state.config[18] = 0xAA;
  state.config[86] = state.config[87] = 0;
  if (with_key) state.keys[0] = make_scalar();
  return state;
}

State trust_and_go(const Serial& serial) {
  State state = trusted(trust_dump, "KQp2ZkD8", serial);
  const ByteView mac = view("0004A3112233");
  std::copy(mac.begin(), mac.end(), state.slots[5].begin());
  return state;
}

State trust_flex(const Serial& serial) {
  State state = trusted(flex_dump, "MKMwyhP1", serial);
  state.latch = true;
  return state;
}

}  // namespace vouchgate::emulator::atecc608
