// The commands of daily use: Info, Read, GenKey, Nonce and Sign.
#include "operations.hpp"

#include <algorithm>

#include "../crypto.hpp"

namespace vouchgate::keys::atecc608 {
namespace {

constexpr std::uint8_t info_revision = 0x00, info_key_valid = 0x01;
constexpr std::uint8_t read_block = 0x80;  // 32 bytes of the configuration
constexpr std::uint8_t generate_create = 0x04, generate_public = 0x00;
// The digest goes where it is not mixed with anything: TempKey on both parts, the message buffer on the 608 only. The
// 608 signs from the buffer, as cryptoauthlib has it do.
constexpr std::uint8_t nonce_to_temp_key = 0x03, nonce_to_buffer = 0x43;
constexpr std::uint8_t sign_temp_key = 0x80, sign_buffer = 0xA0;
constexpr std::size_t block = 32;

Result<Bytes> spki_of_answer(const Bytes& point) {
  return spki_of_point(Algorithm::es256, ByteView(point).first(32), ByteView(point).last(32));
}

Result<Bytes> generate(Chip& chip, std::uint8_t mode, unsigned slot) {
  const auto answers = chip.run({{Opcode::generate_key, mode, static_cast<std::uint16_t>(slot), {}, 64}});
  if (!answers) return fail(answers.error());
  return spki_of_answer(answers->front());
}

}  // namespace

// A window each, so that a bad one is repeated alone.
Result<Bytes> read_all(Chip& chip, const std::vector<Command>& commands) {
  Bytes out;
  for (const Command& command : commands) {
    const auto answers = chip.run({command});
    if (!answers) return fail(answers.error());
    out.insert(out.end(), answers->front().begin(), answers->front().end());
  }
  return out;
}

Result<Identity> identify(Chip& chip) {
  auto revision = read_all(chip, {{Opcode::info, info_revision, 0, {}, 4}});
  if (!revision) return fail(revision.error());
  if (vouchgate::atecc608::part_of(*revision) == vouchgate::atecc608::Part::unknown)  // its zone may be a shorter one
    return fail(Code::unsupported, "key", chip.where(),
                "is no ATECC508A or ATECC608 but an " + vouchgate::atecc608::part_name(*revision),
                "the address is another chip's; 'vouchgate atecc scan' lists what answers");
  std::vector<Command> commands;
  for (std::uint16_t i = 0; i < vouchgate::atecc608::zone_bytes / block; ++i)
    commands.push_back({Opcode::read, read_block, static_cast<std::uint16_t>(i << 3), {}, block});
  const auto zone = read_all(chip, commands);
  if (!zone) return fail(zone.error());
  Identity out{std::move(*revision), {}};
  std::ranges::copy(*zone, out.config.begin());
  chip.set_speed(speed_of(out.config));
  return out;
}

Result<bool> key_valid(Chip& chip, unsigned slot) {
  const auto answers = chip.run({{Opcode::info, info_key_valid, static_cast<std::uint16_t>(slot), {}, 4}});
  if (!answers) return fail(answers.error());
  const Bytes& word = answers->front();  // 00 or 01, and three zeros
  if (word[0] > 1 || word[1] != 0 || word[2] != 0 || word[3] != 0)
    return fail(Code::corrupt, "key", chip.where(), "answers " + hex(word) + " when asked for the slot's key",
                "try again; another chip if it stays");
  return word[0] == 1;
}

Result<Bytes> public_key(Chip& chip, unsigned slot) { return generate(chip, generate_public, slot); }
Result<Bytes> generate_key(Chip& chip, unsigned slot) { return generate(chip, generate_create, slot); }

Result<Bytes> sign(Chip& chip, vouchgate::atecc608::Part part, unsigned slot, ByteView digest) {
  const bool buffer = part == vouchgate::atecc608::Part::atecc608;
  const auto answers = chip.run(
      {{Opcode::nonce, buffer ? nonce_to_buffer : nonce_to_temp_key, 0, Bytes(digest.begin(), digest.end()), 1},
       {Opcode::sign, buffer ? sign_buffer : sign_temp_key, static_cast<std::uint16_t>(slot), {}, 64}});
  if (!answers) return fail(answers.error());
  return answers->back();
}

}  // namespace vouchgate::keys::atecc608
