// The order of provisioning: write, lock the configuration, lock data and OTP, make the key, lock its slot. The locks
// come before the key, for until then a chip answers random numbers and keys with less than their promise.
#include "atecc_plan.hpp"

#include <algorithm>

namespace vouchgate::cli {
namespace {

using atecc608::Objection;
using atecc608::Part;
using atecc608::Zone;

Error refuse(Code code, const std::string& where, std::string reason, std::string hint) {
  return {code, "atecc", where, std::move(reason), std::move(hint)};
}

// Counters count, an ATECC508A notes LastKeyUse, and lock-slot clears a bit of SlotLocked.
void keep_what_use_changes(Zone& wanted, const Zone& chip) {
  const auto keep = [&](std::size_t from, std::size_t end) { std::copy(&chip[from], &chip[end], &wanted[from]); };
  keep(52, 68);
  if (atecc608::part_of(chip) == Part::atecc508a) keep(68, 84);
  keep(88, 90);
}

std::optional<Error> wrong_file(const config::ChipConfig& file, const Zone& chip, bool differs,
                                const std::string& where) {
  const auto name = [](Part part) { return part == Part::atecc508a ? "an ATECC508A" : "an ATECC608"; };
  if (atecc608::part_of(chip) == Part::unknown)
    return refuse(Code::unsupported, where, "is " + atecc608::part_name(ByteView(chip).subspan(4, 4)),
                  "the ATECC508A and the ATECC608 family are known");
  const std::string platform = atecc608::trust_platform(chip);
  if (differs && !platform.empty())
    return refuse(Code::mismatch, where, "is already provisioned (" + platform + ")",
                  "use it as it is: key.atecc608.address and slot 0; 'vouchgate atecc info' tells more");
  if (file.part != Part::unknown && file.part != atecc608::part_of(chip))
    return refuse(Code::mismatch, where,
                  std::string("the file is for ") + name(file.part) + ", the chip is " + name(atecc608::part_of(chip)),
                  "their configurations differ; start from 'vouchgate atecc config show'");
  if (differs && atecc608::config_locked(chip))
    return refuse(Code::mismatch, where, "its configuration is locked and is not the file's",
                  "nothing changes it any more; 'vouchgate atecc info' tells whether it serves as it is");
  return std::nullopt;
}

}  // namespace

std::vector<Objection> all_objections(const Zone& zone, unsigned slot) {
  std::vector<Objection> all = atecc608::objections(zone);
  for (Objection& one : atecc608::objections(zone, slot)) {
    one.field = "slots." + std::to_string(slot) + "." + one.field;
    all.push_back(std::move(one));
  }
  std::ranges::stable_sort(all, {}, [](const Objection& one) { return !one.fatal; });
  return all;
}

ChipPlan plan_chip(const config::ChipConfig& file, const Zone& chip, unsigned slot, const std::string& where) {
  ChipPlan plan;
  plan.wanted = atecc608::on_chip(file.zone, chip);
  if (atecc608::config_locked(chip)) keep_what_use_changes(plan.wanted, chip);
  for (unsigned word = 0; word < atecc608::zone_words; ++word)
    plan.words += std::equal(&chip[word * 4], &chip[word * 4] + 4, &plan.wanted[word * 4]) ? 0 : 1;
  const auto before = config::chip_fields(chip);
  const auto after = config::chip_fields(plan.wanted);  // the part is the chip's own, so the keys are the same
  for (std::size_t i = 0; i < after.size(); ++i)
    if (before[i].value != after[i].value)
      plan.changes.push_back({after[i].key, before[i].value, after[i].value, after[i].note});
  plan.objections = all_objections(plan.wanted, slot);
  plan.refusal = wrong_file(file, chip, plan.words > 0, where);
  return plan;
}

bool for_ever(ChipStep step) {
  return step == ChipStep::lock_config || step == ChipStep::lock_data || step == ChipStep::lock_slot;
}

std::vector<ChipStep> remaining_steps(const Zone& chip, unsigned slot, bool differs, std::optional<bool> key) {
  std::vector<ChipStep> steps;
  if (atecc608::config_locked(chip) && atecc608::any_fatal(all_objections(chip, slot))) return steps;
  const auto add = [&](bool open, ChipStep step) {
    if (open) steps.push_back(step);
  };
  const bool config_open = !atecc608::config_locked(chip);
  add(config_open && differs, ChipStep::write);
  add(config_open, ChipStep::lock_config);
  add(!atecc608::data_locked(chip), ChipStep::lock_data);
  add(!key.value_or(false), ChipStep::make_key);
  // of an open zone the file decides what can be locked, and it is not written yet
  const bool lockable = (config_open && differs) || atecc608::slot_of(chip, slot).lockable;
  add(lockable && !atecc608::slot_locked(chip, slot), ChipStep::lock_slot);
  return steps;
}

std::optional<Error> against_lock_config(const ChipPlan& plan, const Zone& chip, const std::string& where) {
  if (plan.refusal) return plan.refusal;
  if (plan.words > 0)
    return refuse(Code::mismatch, where, "differs from the file in " + std::to_string(plan.changes.size()) + " keys",
                  "'vouchgate atecc write FILE' first; it goes on where it was interrupted");
  if (!atecc608::config_locked(chip) && atecc608::any_fatal(plan.objections))
    return refuse(Code::invalid, where, "a slot that could not sign, or could give its key away, is not locked",
                  "'vouchgate atecc plan FILE' tells why");
  return std::nullopt;
}

std::optional<Error> against_lock_data(const Zone& chip, unsigned slot, bool keep, const std::string& where) {
  if (atecc608::data_locked(chip)) return std::nullopt;
  if (!atecc608::config_locked(chip))
    return refuse(Code::unsupported, where, "the configuration is not locked yet",
                  "'vouchgate atecc lock-config FILE' first");
  for (unsigned other = 0; !keep && other < atecc608::slots; ++other)
    if (!atecc608::slot_of(chip, other).private_key && atecc608::slot_locked(chip, other))
      return refuse(Code::unsupported, where,
                    "slot " + std::to_string(other) + " is locked already, so what it holds cannot be overwritten",
                    "--keep-data locks the data zone with what it holds");
  if (atecc608::any_fatal(atecc608::objections(chip, slot)))
    return refuse(Code::invalid, where, "slot " + std::to_string(slot) + " could not sign, or could give its key away",
                  "'vouchgate atecc info' tells why; --slot names another one");
  return std::nullopt;
}

std::optional<Error> against_lock_slot(const Zone& chip, unsigned slot, bool key, const std::string& where) {
  const atecc608::Slot config = atecc608::slot_of(chip, slot);
  if (atecc608::slot_locked(chip, slot)) return std::nullopt;
  if (!atecc608::config_locked(chip) || !atecc608::data_locked(chip))
    return refuse(Code::unsupported, where, "configuration and data are not locked yet",
                  "'vouchgate atecc info' tells the next step");
  if (!config.lockable)
    return refuse(Code::unsupported, where, "the chip's configuration does not let this slot be locked", "");
  if (config.private_key && !key)
    return refuse(Code::not_found, where, "the slot holds no key, and locked it would never get one",
                  "'vouchgate key create' makes one");
  return std::nullopt;
}

}  // namespace vouchgate::cli
