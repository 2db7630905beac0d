// Writing and locking. Each step looks first and looks again afterwards: an answer that got lost is not a step that was
// not done.
#include <algorithm>

#include "filling.hpp"
#include "operations.hpp"

namespace vouchgate::keys::atecc608 {
namespace {

namespace zones = vouchgate::atecc608;
constexpr std::uint8_t zone_config = 0x00, zone_otp = 0x01, zone_data = 0x02, of_32_bytes = 0x80;
constexpr std::uint8_t lock_zone_config = 0x00, lock_zone_data = 0x01, lock_one_slot = 0x02, lock_unchecked = 0x80;
constexpr std::size_t block = 32, word_bytes = 4;
constexpr unsigned address_word = 4;  // bytes 16 to 19

// Of block 0 of a slot. Further blocks count from bit 8 in the data zone, from bit 3 elsewhere.
std::uint16_t address_of_slot(unsigned slot) { return static_cast<std::uint16_t>(slot << 3); }
std::uint16_t address_of_block(std::uint8_t zone, std::uint16_t first, std::size_t number) {
  return static_cast<std::uint16_t>(first | number << (zone == zone_data ? 8 : 3));
}

tl::unexpected<Error> refused(Code code, const Zone& zone, const std::string& reason, const std::string& hint) {
  return fail(code, "key", "chip " + zones::serial(zone), reason, hint);
}

// The chip that the caller means, or an error.
Result<Identity> the_chip(Chip& chip, const std::string& serial) {
  auto found = identify(chip);
  if (found && zones::serial(found->config) != serial)
    return refused(Code::mismatch, found->config, "is another chip than " + serial,
                   "'vouchgate atecc scan' lists them");
  return found;
}

Command write_of_word(const Zone& zone, unsigned word) {
  const auto from = zone.begin() + static_cast<std::ptrdiff_t>(word * word_bytes);
  return {Opcode::write, zone_config, static_cast<std::uint16_t>(word), Bytes(from, from + word_bytes), 1};
}

bool same_word(const Zone& a, const Zone& b, unsigned word) {
  return std::ranges::equal(ByteView(a).subspan(word * word_bytes, word_bytes),
                            ByteView(b).subspan(word * word_bytes, word_bytes));
}

// What Lock leaves alone: all but the two lock bytes, and the slots' locks, which come later.
bool same_but_for_locks(Zone a, Zone b) {
  for (const std::size_t i : {86, 87, 88, 89}) a[i] = b[i] = 0;
  return a == b;
}

// In blocks, which is all that an open data zone takes. One window each, so that a bad one is repeated alone.
Result<void> write_blocks(Chip& chip, std::uint8_t zone, std::uint16_t first, const Bytes& content) {
  for (std::size_t at = 0; at < content.size(); at += block) {
    Bytes part(content.begin() + static_cast<std::ptrdiff_t>(at),
               content.begin() + static_cast<std::ptrdiff_t>(std::min(at + block, content.size())));
    part.resize(block, 0);  // what is beyond a short last block is ignored
    const std::uint16_t address = address_of_block(zone, first, at / block);
    const auto done =
        chip.run({{Opcode::write, static_cast<std::uint8_t>(zone | of_32_bytes), address, std::move(part), 1}});
    if (!done) return fail(done.error());
  }
  return {};
}

// Does the lock and believes the chip's memory, not its answer.
Result<void> lock(Chip& chip, const std::string& serial, std::uint8_t mode, std::uint16_t crc,
                  bool (*locked)(const Zone&, unsigned), unsigned slot) {
  const auto answered = chip.run({{Opcode::lock, mode, crc, {}, 1}});
  const auto after = the_chip(chip, serial);
  if (!after)
    return fail(after.error().code, "key", chip.where(), "whether it locked is not known: " + after.error().reason,
                "repeat it: what is done already is no error");
  if (locked(after->config, slot)) return {};
  if (answered)
    return refused(Code::corrupt, after->config, "says that it locked, and has not",
                   "try again; another chip if it stays");
  const bool compared = mode == lock_zone_config || mode == lock_zone_data;
  if (!compared || answered.error().code != Code::unsupported) return fail(answered.error());
  return refused(Code::corrupt, after->config,
                 "nothing was locked: the chip's CRC over the zone is not that of what was to be locked",
                 mode == lock_zone_data ? "try again; if it stays, --keep-data locks without comparing" : "try again");
}

}  // namespace

Result<void> verify_config(Chip& chip, const std::string& serial, const Zone& wanted) {
  const auto after = the_chip(chip, serial);
  if (!after) return fail(after.error());
  const Zone target = zones::on_chip(wanted, after->config);
  const bool later_locks = zones::config_locked(after->config) && same_but_for_locks(target, after->config);
  if (target == after->config || later_locks) return {};
  return refused(Code::corrupt, after->config, "holds something else than was written",
                 "nothing is locked yet: write it again");
}

Result<void> write_config(Chip& chip, const std::string& serial, const Zone& wanted) {
  const auto before = the_chip(chip, serial);
  if (!before) return fail(before.error());
  const Zone target = zones::on_chip(wanted, before->config);
  if (same_but_for_locks(target, before->config) && zones::config_locked(before->config)) return {};
  if (zones::config_locked(before->config))
    return refused(Code::mismatch, before->config, "its configuration is locked for ever",
                   "use it as it is, or take another chip");
  std::vector<unsigned> words;
  for (unsigned word = 0; word < zones::zone_words; ++word)
    if (zones::writable_word(word) && !same_word(target, before->config, word)) words.push_back(word);
  // The address last: from its next wake on the chip answers there.
  std::stable_partition(words.begin(), words.end(), [](unsigned word) { return word != address_word; });
  // Words of four bytes: some boards fail with larger writes. One window each, so that a bad one is repeated alone.
  for (const unsigned word : words)
    if (const auto done = chip.run({write_of_word(target, word)}); !done) return fail(done.error());
  return {};
}

Result<void> lock_config(Chip& chip, const std::string& serial, const Zone& expected) {
  const auto before = the_chip(chip, serial);
  if (!before) return fail(before.error());
  const Zone target = zones::on_chip(expected, before->config);
  if (!same_but_for_locks(target, before->config))
    return refused(Code::mismatch, before->config, "its configuration is not the one that was to be locked",
                   "'vouchgate atecc plan FILE' shows the differences");
  if (zones::config_locked(before->config)) return {};
  return lock(
      chip, serial, lock_zone_config, zones::crc16(before->config),
      [](const Zone& zone, unsigned) { return zones::config_locked(zone); }, 0);
}

Result<void> lock_data(Chip& chip, const std::string& serial, Contents contents) {
  const auto before = the_chip(chip, serial);
  if (!before) return fail(before.error());
  if (zones::data_locked(before->config)) return {};
  if (!zones::config_locked(before->config))
    return refused(Code::mismatch, before->config, "its configuration is not locked yet", "lock that first");
  const auto locked = [](const Zone& zone, unsigned) { return zones::data_locked(zone); };
  if (contents == Contents::keep) return lock(chip, serial, lock_zone_data | lock_unchecked, 0, locked, 0);
  const auto content = filling(before->config);
  if (!content) return fail(content.error());
  for (unsigned slot = 0; slot < zones::slots; ++slot)
    if (auto done = write_blocks(chip, zone_data, address_of_slot(slot), content->slots[slot]); !done) return done;
  if (auto done = write_blocks(chip, zone_otp, 0, content->otp); !done) return done;
  return lock(chip, serial, lock_zone_data, crc_of(*content), locked, 0);
}

Result<void> lock_slot(Chip& chip, const std::string& serial, unsigned slot) {
  const auto before = the_chip(chip, serial);
  if (!before) return fail(before.error());
  if (zones::slot_locked(before->config, slot)) return {};
  if (!zones::config_locked(before->config) || !zones::data_locked(before->config))
    return refused(Code::mismatch, before->config, "its zones are not locked yet", "lock both zones first");
  if (!zones::slot_of(before->config, slot).lockable)
    return refused(Code::unsupported, before->config, "slot " + std::to_string(slot) + " is not lockable",
                   "its KeyConfig says so, for ever");
  // Whoever asked before may have got a broken answer that its CRC let pass; an empty slot would stay empty.
  if (zones::slot_of(before->config, slot).private_key) {
    const auto key = key_valid(chip, slot);
    if (!key) return fail(key.error());
    if (!*key)
      return refused(Code::not_found, before->config,
                     "slot " + std::to_string(slot) + " holds no key, and locked it would never get one",
                     "'vouchgate key create' makes one");
  }
  const auto mode = static_cast<std::uint8_t>(lock_one_slot | slot << 2);
  return lock(
      chip, serial, mode, 0, [](const Zone& zone, unsigned at) { return zones::slot_locked(zone, at); }, slot);
}

Result<Bytes> read_slot(Chip& chip, unsigned slot) {
  const std::size_t size = zones::slot_bytes(slot);
  std::vector<Command> commands;
  for (std::size_t at = 0; at < size; at += block) {
    const std::uint16_t address = address_of_block(zone_data, address_of_slot(slot), at / block);
    if (size - at >= block) {
      commands.push_back({Opcode::read, zone_data | of_32_bytes, address, {}, block});
      continue;
    }
    for (std::size_t word = 0; word < (size - at) / word_bytes; ++word)  // the last block is a short one
      commands.push_back({Opcode::read, zone_data, static_cast<std::uint16_t>(address | word), {}, word_bytes});
  }
  return read_all(chip, commands);
}

}  // namespace vouchgate::keys::atecc608
