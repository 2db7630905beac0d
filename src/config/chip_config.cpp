// A chip configuration's text into the bytes of a zone, along the description. Never stops at the first mistake.
#include <algorithm>
#include <tuple>

#include "chip_hex.hpp"
#include "chip_zone.hpp"
#include "loader.hpp"
#include "text_file.hpp"
#include "vouchgate/base/bytes.hpp"
#include "vouchgate/config/chip_config.hpp"
#include "vouchgate/model/ids.hpp"

namespace vouchgate::config {
namespace {

using atecc608::Part;

class Rules {
 public:
  Rules(const Node& root, const Loader& loader, std::vector<Mistake>& mistakes)
      : root_(root), loader_(loader), mistakes_(mistakes), readable_(mistakes.size()) {}

  void run(const ChipText& text) {
    if (!given(root_, "part")) complain("part", "must be set", "part: atecc608, or atecc508a");
    if (!given(root_, "address")) complain("address", "must be set", "address: 0x60 is usual");
    const auto fields = hex_fields();
    for (std::size_t i = 0; i < fields.size(); ++i) hexadecimal(fields[i], text.hex[i]);
    slots();
    // The first mistakes may be why something seems to be amiss.
    if (mistakes_.size() > readable_) return;
    for (const Damage& one : damage(text)) complain(one.path, one.what);
  }

 private:
  static bool given(const Node& map, const std::string& key) {
    return std::ranges::find(map.entries, key, &Node::Entry::key) != map.entries.end();
  }
  void complain(const std::string& path, const std::string& what, const std::string& hint = {}) {
    mistakes_.push_back(mistake_at(loader_.where(path), path + ": " + what, hint));
  }
  void hexadecimal(const HexField& field, const std::string& value) {
    if (value.empty()) return;
    const auto bytes = from_hex(value);
    if (!bytes || bytes->size() != field.count)
      complain(field.key, "must be " + std::to_string(2 * field.count) + " hexadecimal digits in lower case");
  }
  // A slot that is forgotten would be open for ever.
  void slots() {
    const auto entry = std::ranges::find(root_.entries, "slots", &Node::Entry::key);
    std::string missing;
    int count = 0;
    for (unsigned number = 0; number < atecc608::slots; ++number)
      if (entry == root_.entries.end() || !given(entry->value, std::to_string(number)))
        missing += (count++ == 0 ? "" : ", ") + std::to_string(number);
    if (count > 0)
      complain("slots", (count == 1 ? "slot " : "slots ") + missing + (count == 1 ? " is" : " are") + " missing",
               "every slot must be given, 0 to 15");
  }

  const Node& root_;
  const Loader& loader_;
  std::vector<Mistake>& mistakes_;
  const std::size_t readable_;
};

ChipConfig load_yaml(const std::string& name, const std::string& text) {
  ChipConfig out;
  const auto parsed = parse(name, text, out.mistakes);
  if (!parsed) return out;
  Node root = *parsed;
  root.position.file = name;
  Loader loader(root, out.mistakes);
  ChipText keys;
  describe_chip(loader, keys);
  loader.finish();
  Rules(root, loader, out.mistakes).run(keys);
  std::ranges::stable_sort(out.mistakes, {}, [](const Mistake& one) { return std::tuple(one.line, one.column); });
  out.part = keys.is_508a() ? Part::atecc508a : Part::atecc608;
  if (out.mistakes.empty()) out.zone = chip_zone(keys);
  return out;
}

}  // namespace

ChipConfig load_chip_config_text(const std::string& name, const std::string& text) {
  return is_chip_hex(text) ? load_chip_hex(name, text) : load_yaml(name, text);
}

ChipConfig load_chip_config(const std::string& path) {
  ChipConfig out;
  const auto text = read_text(path, "'vouchgate atecc config show' prints the chip's own to start from", out.mistakes);
  return text ? load_chip_config_text(path, *text) : out;
}

}  // namespace vouchgate::config
