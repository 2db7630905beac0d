// Digits with blanks, commas, 0x and '#' comments between them. A zone is 128 bytes and has marks that shifting or a
// wrong byte destroys.
#include "chip_hex.hpp"

#include <algorithm>

#include "chip_zone.hpp"
#include "node.hpp"
#include "vouchgate/base/bytes.hpp"
#include "vouchgate/model/ids.hpp"

namespace vouchgate::config {
namespace {

using atecc608::Part;
using atecc608::Zone;

std::optional<int> digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

bool separates(char c) { return std::string_view(" \t\r\n,;{}").find(c) != std::string_view::npos; }

struct Reader {
  std::string digits;  // without what stands between them; two make a byte, and nothing stands between those
  std::optional<Mistake> mistake;

  void read(const std::string& name, const std::string& text) {
    int line = 1, column = 0;
    bool comment = false;
    for (std::size_t i = 0; i < text.size() && !mistake; ++i) {
      const char c = text[i];
      ++column;
      if (c == '\n') ++line, column = 0, comment = false;
      if (c == '#') comment = true;
      if (comment || separates(c)) continue;
      const bool prefix = c == '0' && i + 1 < text.size() && (text[i + 1] == 'x' || text[i + 1] == 'X');
      const bool pair = digit(c) && i + 1 < text.size() && digit(text[i + 1]);
      if (pair && !prefix)
        digits += {c, text[i + 1]};
      else if (!prefix && digit(c))
        mistake = mistake_at({name, line, column}, "half a byte stands alone");
      else if (!prefix)
        mistake = mistake_at({name, line, column}, "'" + printable({&c, 1}) + "' is not a hexadecimal digit");
      ++i, ++column;
    }
  }
};

// What 128 bytes of a chip have and others have not.
void check_marks(const Zone& zone, const Position& at, std::vector<Mistake>& mistakes) {
  const auto refuse = [&](const std::string& what) {
    mistakes.push_back(mistake_at(at, what, "the text is shifted, damaged or of something else"));
  };
  const bool no_header = std::all_of(&zone[0], &zone[16], [](std::uint8_t byte) { return byte == 0; });
  if (!no_header && (zone[0] != 0x01 || zone[1] != 0x23)) refuse("does not begin with 01 23, as serial numbers do");
  if (!no_header && atecc608::part_of(zone) == Part::unknown)
    refuse("bytes 4 to 7 are the revision of no known part: " + hex(ByteView(zone).subspan(4, 4)));
  for (const std::size_t lock : {86u, 87u})
    if (zone[lock] != 0x55 && zone[lock] != 0x00)
      refuse("byte " + std::to_string(lock) + " is 0x" + hex(ByteView(zone).subspan(lock, 1)) +
             ", where a chip has 55 or 00");
}

}  // namespace

bool is_chip_hex(const std::string& text) {
  return text.find(':') == std::string::npos && text.find_first_not_of(" \t\r\n") != std::string::npos;
}

ChipConfig load_chip_hex(const std::string& name, const std::string& text) {
  ChipConfig out;
  Reader reader;
  reader.read(name, text);
  const Position whole{name, 0, 0};
  if (reader.mistake)
    out.mistakes.push_back(*reader.mistake);
  else if (reader.digits.size() != 2 * atecc608::zone_bytes)
    out.mistakes.push_back(mistake_at(
        whole, "has " + std::to_string(reader.digits.size()) + " hexadecimal digits; a configuration zone has 256"));
  if (!out.mistakes.empty()) return out;
  for (std::size_t i = 0; i < atecc608::zone_bytes; ++i)
    out.zone[i] = static_cast<std::uint8_t>(*digit(reader.digits[2 * i]) << 4 | *digit(reader.digits[2 * i + 1]));
  check_marks(out.zone, whole, out.mistakes);
  for (const Damage& one : damage(chip_text(out.zone)))
    out.mistakes.push_back(mistake_at(whole, one.path + ": " + one.what));
  out.part = atecc608::part_of(out.zone);
  out.zone = atecc608::on_chip(out.zone, Zone{});
  return out;
}

}  // namespace vouchgate::config
