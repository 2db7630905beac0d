// A zone as the YAML that people read and compare: one line a key, one object a slot. Never leaves out what is set.
#include "chip_zone.hpp"
#include "units.hpp"
#include "vouchgate/base/bytes.hpp"
#include "vouchgate/config/chip_config.hpp"

namespace vouchgate::config {
namespace {

// The keys with their values, slots as one line each.
class Lines : public Visitor {
 public:
  std::vector<ChipField> fields;

  bool enter(const char* key, const char* help) override {
    if (path_.empty()) {
      slots_help = help;
    } else {
      fields.push_back({path_ + "." + key, "", ""});
      in_slot_ = true;
    }
    path_ = path_.empty() ? key : path_;
    return true;
  }
  void leave() override {
    if (in_slot_) fields.back().value = "{" + fields.back().value + "}";
    in_slot_ = false;
  }
  void text(const char* key, std::string& value, const char* help) override { put(key, "\"" + value + "\"", help); }
  void word(const char* key, std::string& value, const std::vector<std::string>&, const char* help) override {
    if (!in_slot_ || value != "false") put(key, value, help);
  }
  void number(const char* key, std::uint64_t& value, NumberRange, Style style, const char* help) override {
    if (!in_slot_ || value != 0) put(key, print_number(value, style), help);
  }
  // A chip configuration has none of these.
  void duration(const char*, Duration&, DurationRange, const char*) override {}
  void texts(const char*, std::vector<std::string>&, const char*) override {}
  void text_map(const char*, std::map<std::string, std::string>&, const char*) override {}
  void devices(const char*, std::vector<DeviceSettings>&, DescribeDevice, const char*) override {}

  std::string slots_help;

 private:
  void put(const char* key, const std::string& value, const char* help) {
    if (!in_slot_) return fields.push_back({key, value, help});
    std::string& object = fields.back().value;
    object += (object.empty() ? "" : ", ") + std::string(key) + ": " + value;
  }

  std::string path_;
  bool in_slot_ = false;
};

void add(std::string& out, bool really, const char* text) {
  if (really) out += (out.empty() ? "" : ", ") + std::string(text);
}

std::string private_note(const atecc608::Slot& slot) {
  std::string out = "private key";
  add(out, slot.external_sign(), "signs the host's digests");
  add(out, slot.internal_sign(), "signs the chip's own messages");
  add(out, slot.ecdh(), "key agreement");
  add(out, slot.gen_key(), "GenKey makes it");
  add(out, slot.priv_write(), "PrivWrite may bring it");
  add(out, !slot.public_info, "public key not told");
  add(out, slot.require_auth, "wants an authorisation");
  add(out, slot.limited_use, "a counter ends its use");
  add(out, slot.persistent_disable, "only while the latch is set");
  return out;
}

// As the Read and Write commands take it once the data zone is locked (data sheet, WriteConfig of data slots).
std::string data_note(const atecc608::Slot& slot) {
  std::string out = slot.key_type == atecc608::key_type_p256 ? "public key" : "data";
  const unsigned write = slot.write_config;
  add(out, slot.secret && !slot.encrypt_read, "never read");
  add(out, slot.encrypt_read, "read encrypted");
  add(out, !slot.secret && !slot.encrypt_read, "read in clear");
  add(out, write == 0, "written in clear");
  add(out, write == 1, "written while not valid");
  add(out, (write & 4) != 0, "written encrypted");
  add(out, write != 0 && write != 1 && (write & 4) == 0, "never written");
  return out;
}

std::string note_of(const SlotText& text) {
  std::string out = text.slot.private_key ? private_note(text.slot) : data_note(text.slot);
  add(out, text.slot.lockable && !text.locked, "can be locked");
  add(out, text.locked, "locked");
  return out;
}

Lines lines_of(const atecc608::Zone& zone) {
  Lines lines;
  ChipText text = chip_text(zone);
  describe_chip(lines, text);
  const std::size_t first = lines.fields.size() - text.slots.size();
  for (std::size_t i = 0; i < text.slots.size(); ++i) {
    const auto at = [&](std::size_t byte) { return hex(ByteView(zone).subspan(byte + 2 * i, 2)); };
    lines.fields[first + i].note = note_of(text.slots[i]) + " (" + at(20) + " " + at(96) + ")";
  }
  return lines;
}

}  // namespace

std::vector<ChipField> chip_fields(const atecc608::Zone& zone) { return lines_of(zone).fields; }

std::string print_chip_config(const atecc608::Zone& zone) {
  const auto state = [](bool locked) { return locked ? "locked" : "open"; };
  std::string out = "# Configuration zone of " + atecc608::part_name(ByteView(zone).subspan(4, 4)) +
                    ", serial number " + atecc608::serial(zone) + "\n# Configuration " +
                    state(atecc608::config_locked(zone)) + ", data and OTP " + state(atecc608::data_locked(zone)) +
                    "; UserExtra " + hex(ByteView(zone).subspan(84, 2)) + ".\n";
  const Lines lines = lines_of(zone);
  bool in_slots = false;
  for (const ChipField& field : lines.fields) {
    const bool slot = field.key.starts_with("slots.");
    if (slot && !std::exchange(in_slots, true)) out += "\n# " + lines.slots_help + "\nslots:\n";
    const std::string margin = slot ? "  " : "";
    out += margin + "# " + field.note + "\n" + margin + (slot ? field.key.substr(6) : field.key) + ": " + field.value +
           "\n";
  }
  return out;
}

}  // namespace vouchgate::config
