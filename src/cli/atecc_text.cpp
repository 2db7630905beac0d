// Lines that fit a terminal; a step that nothing undoes says so.
#include "atecc_text.hpp"

#include "vouchgate/base/bytes.hpp"

namespace vouchgate::cli {
namespace {

std::string row(const std::string& name, const std::string& value) {
  return name + std::string(name.size() < 17 ? 17 - name.size() : 1, ' ') + value + "\n";
}

std::string lock_text(bool locked) { return locked ? "locked" : "open"; }

std::string revision_text(const atecc608::Zone& zone) { return atecc608::part_name(ByteView(zone).subspan(4, 4)); }

std::string slot_text(const ChipSeen& chip) {
  const config::ChipField field =
      config::chip_fields(chip.zone).at(config::chip_fields(chip.zone).size() - atecc608::slots + chip.slot);
  return field.note + (!chip.key ? "" : *chip.key ? "; holds a key" : "; holds no key");
}

const char* word(ChipStep step) {
  switch (step) {
    case ChipStep::write: return "write";
    case ChipStep::lock_config: return "lock-config";
    case ChipStep::lock_data: return "lock-data";
    case ChipStep::make_key: return "key-create";
    case ChipStep::lock_slot: return "lock-slot";
  }
  return "";
}

std::string step_text(ChipStep step, unsigned slot, const std::string& prefix, const std::string& file) {
  if (step == ChipStep::make_key) return "vouchgate key create     with key.holder: atecc608 in the configuration";
  std::string out = prefix + " " + word(step);
  if (step == ChipStep::write || step == ChipStep::lock_config) out += " " + file;
  if (step == ChipStep::lock_slot) out += " " + std::to_string(slot);
  return out + " --commit" + (for_ever(step) ? "     for ever" : "");
}

// One behind the last of the neighbours from `begin` on that are said at once.
template <class T, class Same>
std::size_t fold(const std::vector<T>& all, std::size_t begin, Same same) {
  std::size_t end = begin + 1;
  while (end < all.size() && same(all[begin], all[end])) ++end;
  return end;
}

}  // namespace

std::string address_text(std::uint8_t address) { return "0x" + hex(ByteView(&address, 1)); }

std::string ChipSeen::where() const { return bus + " " + address_text(address); }

std::string state_text(const atecc608::Zone& zone) {
  const std::string platform = atecc608::trust_platform(zone);
  if (!platform.empty()) return "already provisioned (" + platform + ")";
  return "configuration " + lock_text(atecc608::config_locked(zone)) + ", data and OTP " +
         lock_text(atecc608::data_locked(zone));
}

std::string chip_text(const ChipSeen& chip) {
  const atecc608::Zone& zone = chip.zone;
  const std::string platform = atecc608::trust_platform(zone);
  return row("chip", revision_text(zone)) + row("serial", atecc608::serial(zone)) + row("where", chip.where()) +
         row("configuration", lock_text(atecc608::config_locked(zone))) +
         row("data and OTP", lock_text(atecc608::data_locked(zone))) +
         row("slot " + std::to_string(chip.slot), slot_text(chip)) +
         (platform.empty() ? "" : row("provisioned", "by Microchip (" + platform + "); used as it comes"));
}

Json chip_json(const ChipSeen& chip) {
  const atecc608::Zone& zone = chip.zone;
  Json out = {{"chip", revision_text(zone)},
              {"serial", atecc608::serial(zone)},
              {"bus", chip.bus},
              {"address", address_text(chip.address)},
              {"config_locked", atecc608::config_locked(zone)},
              {"data_locked", atecc608::data_locked(zone)},
              {"trust_platform", atecc608::trust_platform(zone)},
              {"slot", chip.slot},
              {"slot_locked", atecc608::slot_locked(zone, chip.slot)},
              {"key", nullptr}};
  if (chip.key) out["key"] = *chip.key;
  return out;
}

std::string steps_text(const std::vector<ChipStep>& steps, unsigned slot, const std::string& prefix,
                       const std::string& file) {
  std::string out;
  for (std::size_t i = 0; i < steps.size(); ++i)
    out += "  " + std::to_string(i + 1) + ". " + step_text(steps[i], slot, prefix, file) + "\n";
  return out.empty() ? "" : "next:\n" + out;
}

Json steps_json(const std::vector<ChipStep>& steps) {
  Json out = Json::array();
  for (const ChipStep step : steps) out.push_back({{"step", word(step)}, {"for_ever", for_ever(step)}});
  return out;
}

std::string objections_text(const std::vector<atecc608::Objection>& objections) {
  std::string out;
  for (const atecc608::Objection& one : objections) {
    out += (one.fatal ? "refused  " : "remark   ") + one.field + ": " + one.reason + "\n";
    if (!one.hint.empty()) out += "           hint: " + one.hint + "\n";
  }
  return out;
}

Json objections_json(const std::vector<atecc608::Objection>& objections) {
  Json out = Json::array();
  for (const atecc608::Objection& one : objections)
    out.push_back({{"key", one.field}, {"reason", one.reason}, {"hint", one.hint}, {"fatal", one.fatal}});
  return out;
}

std::string changes_text(const ChipPlan& plan) {
  if (plan.words == 0) return "the chip has this configuration\n";
  std::string out = "changes in " + std::to_string(plan.words) + (plan.words == 1 ? " word" : " words") +
                    " of four bytes (- the chip, + the file):\n";
  const auto same = [](const ChipChange& a, const ChipChange& b) { return a.chip == b.chip && a.file == b.file; };
  for (std::size_t i = 0; i < plan.changes.size();) {
    const std::size_t end = fold(plan.changes, i, same);
    const ChipChange& change = plan.changes[i];
    std::string keys = change.key;
    while (++i < end) keys += ", " + plan.changes[i].key;
    out += "  " + keys + ": " + change.note + "\n    - " + change.chip + "\n    + " + change.file + "\n";
  }
  return out;
}

Json plan_json(const ChipPlan& plan) {
  Json changes = Json::array();
  for (const ChipChange& change : plan.changes)
    changes.push_back({{"key", change.key}, {"chip", change.chip}, {"file", change.file}, {"means", change.note}});
  return {{"possible", plan.possible()},
          {"refused", plan.refusal ? Json(plan.refusal->line()) : Json(nullptr)},
          {"words", plan.words},
          {"changes", std::move(changes)},
          {"objections", objections_json(plan.objections)}};
}

std::string slots_text(const atecc608::Zone& zone) {
  std::string out;
  auto slots = config::chip_fields(zone);
  slots.erase(slots.begin(), slots.end() - atecc608::slots);
  const auto same = [](const config::ChipField& a, const config::ChipField& b) { return a.note == b.note; };
  for (std::size_t i = 0; i < slots.size();) {
    const std::size_t end = fold(slots, i, same);
    const std::string range = std::to_string(i) + " to " + std::to_string(end - 1);
    out += row(end - i > 1 ? "  slots " + range : "  slot " + std::to_string(i), slots[i].note);
    i = end;
  }
  return out;
}

}  // namespace vouchgate::cli
