// The verbs that change a chip: write, lock-config, lock-data, lock-slot. Each says what it would do, does it only with
// --commit, and is no error where it was done before.
#include <iostream>
#include <utility>

#include "atecc_commands.hpp"
#include "vouchgate/base/bytes.hpp"
#include "vouchgate/keys/atecc608.hpp"

namespace vouchgate::cli {
namespace {

// What a verb works with; one copy per verb, filled by CLI11.
struct Step {
  Context& context;
  std::shared_ptr<ChipOptions> options;
  std::string file;
  unsigned slot = 0;
  bool keep_data = false;
  Consent consent;
};

// The end of every step: what was done or would be, and what remains for the slot of the gateway.
Result<void> conclude(const Step& step, const Atecc608Settings& settings, const std::string& verb, bool done,
                      const std::string& sentence, std::optional<unsigned> gateway_slot = {}) {
  Atecc608Settings gateway = settings;
  gateway.slot = gateway_slot.value_or(settings.slot);
  const auto chip = look_at(settings);
  if (!chip) return fail(chip.error());
  const auto kept = gateway.slot == settings.slot ? chip : look_at(gateway);
  if (!kept) return fail(kept.error());
  const auto steps = remaining_steps(kept->zone, kept->slot, !done && verb == "write", kept->key);
  if (step.context.json) {
    std::cout << Json{{"verb", verb},     {"committed", step.consent.commit}, {"done", done},
                      {"what", sentence}, {"chip", chip_json(*chip)},         {"remaining", steps_json(steps)}}
                     .dump()
              << "\n";
    return {};
  }
  std::cout << sentence << "\n";
  if (!done) std::cout << "dry run: nothing was changed; --commit does it\n";
  const std::string file = step.file.empty() ? "FILE" : step.file;
  if (done) std::cout << steps_text(steps, kept->slot, step.options->prefix(step.context, settings), file);
  return {};
}

Result<void> write(Step& step, Atecc608Settings settings) {
  const auto file = read_chip_config(step.context, step.file);
  if (!file) return {};
  const auto chip = look_at(settings);
  if (!chip) return fail(chip.error());
  const ChipPlan plan = plan_chip(*file, chip->zone, chip->slot, chip->where());
  if (plan.refusal) return fail(*plan.refusal);
  if (!step.context.json) std::cout << chip_text(*chip) << changes_text(plan) << objections_text(plan.objections);
  if (!plan.possible())
    return fail(Code::invalid, "atecc", chip->where(),
                "slot " + std::to_string(chip->slot) +
                    " could not sign, or could give its key away; nothing was "
                    "written",
                "'vouchgate atecc plan FILE' tells why");
  if (plan.words == 0) return conclude(step, settings, "write", true, "the chip has the file's configuration");
  const std::string words = std::to_string(plan.words) + (plan.words == 1 ? " word" : " words");
  if (!step.consent.commit) return conclude(step, settings, "write", false, words + " would be written");
  const auto done = keys::atecc608::write_config(settings, atecc608::serial(chip->zone), plan.wanted);
  if (!done) return done;
  settings.address = atecc608::address_of(plan.wanted);
  std::string sentence = words + " written and read back";
  if (settings.address != chip->address)
    sentence += "; the chip answers at " + address_text(static_cast<std::uint8_t>(settings.address)) +
                " from now on (key.atecc608.address)";
  return conclude(step, settings, "write", true, sentence);
}

void say_before_lock(const Step& step, const ChipSeen& chip, const std::string& what) {
  if (step.context.json) return;
  std::cout << chip_text(chip) << what << std::flush;
}

Result<void> lock_config(Step& step, const Atecc608Settings& settings) {
  const auto file = read_chip_config(step.context, step.file);
  if (!file) return {};
  const auto chip = look_at(settings);
  if (!chip) return fail(chip.error());
  const ChipPlan plan = plan_chip(*file, chip->zone, chip->slot, chip->where());
  if (const auto against = against_lock_config(plan, chip->zone, chip->where())) return fail(*against);
  if (atecc608::config_locked(chip->zone))
    return conclude(step, settings, "lock-config", true, "the configuration is locked, and it is the file's");
  const std::uint16_t crc = atecc608::crc16(plan.wanted);
  const std::uint8_t wire[] = {static_cast<std::uint8_t>(crc & 0xff), static_cast<std::uint8_t>(crc >> 8)};
  say_before_lock(step, *chip,
                  "this configuration, for ever:\n" + slots_text(plan.wanted) + objections_text(plan.objections));
  if (!step.consent.commit)
    return conclude(step, settings, "lock-config", false,
                    "the configuration would be locked for ever, CRC " + hex(wire));
  const std::string serial = atecc608::serial(chip->zone);
  if (auto consent = step.consent.ask(step.context, serial); !consent) return consent;
  if (auto done = keys::atecc608::lock_config(settings, serial, plan.wanted); !done) return done;
  return conclude(step, settings, "lock-config", true, "the configuration is locked, CRC " + hex(wire));
}

Result<void> lock_data(Step& step, const Atecc608Settings& settings) {
  const auto chip = look_at(settings);
  if (!chip) return fail(chip.error());
  if (const auto against = against_lock_data(chip->zone, chip->slot, step.keep_data, chip->where()))
    return fail(*against);
  if (atecc608::data_locked(chip->zone))
    return conclude(step, settings, "lock-data", true, "the data and OTP zones are locked");
  const std::string fate = step.keep_data ? " with what they hold, unchecked"
                                          : ", after every slot without a private key, and OTP, was overwritten";
  say_before_lock(step, *chip,
                  "from then on each slot is read and written by its configuration alone, and OTP no more:\n" +
                      slots_text(chip->zone));
  if (!step.consent.commit)
    return conclude(step, settings, "lock-data", false, "the data and OTP zones would be locked for ever" + fate);
  const std::string serial = atecc608::serial(chip->zone);
  if (auto consent = step.consent.ask(step.context, serial); !consent) return consent;
  const auto contents = step.keep_data ? keys::atecc608::Contents::keep : keys::atecc608::Contents::fill;
  if (auto done = keys::atecc608::lock_data(settings, serial, contents); !done) return done;
  return conclude(step, settings, "lock-data", true, "the data and OTP zones are locked" + fate);
}

Result<void> lock_slot(Step& step, Atecc608Settings settings) {
  const unsigned gateway_slot = std::exchange(settings.slot, step.slot);
  const std::string name = "slot " + std::to_string(step.slot);
  const auto chip = look_at(settings);
  if (!chip) return fail(chip.error());
  const auto against = against_lock_slot(chip->zone, step.slot, chip->key.value_or(false), chip->where());
  if (against) return fail(*against);
  if (atecc608::slot_locked(chip->zone, step.slot))
    return conclude(step, settings, "lock-slot", true, name + " is locked", gateway_slot);
  const bool key = atecc608::slot_of(chip->zone, step.slot).private_key;
  say_before_lock(step, *chip,
                  name + (key ? " keeps its key for ever: it signs as before, and nothing makes another one there\n"
                              : " keeps what it holds for ever\n"));
  if (!step.consent.commit)
    return conclude(step, settings, "lock-slot", false, name + " would be locked for ever", gateway_slot);
  const std::string serial = atecc608::serial(chip->zone);
  if (auto consent = step.consent.ask(step.context, serial); !consent) return consent;
  if (auto done = keys::atecc608::lock_slot(settings, serial); !done) return done;
  return conclude(step, settings, "lock-slot", true, name + " is locked", gateway_slot);
}

}  // namespace

void add_atecc_steps(CLI::App& atecc, Context& context, const std::shared_ptr<ChipOptions>& options) {
  const auto add = [&](const char* name, const char* help, auto verb) {
    auto step = std::make_shared<Step>(Step{context, options, "", 0, false, {}});
    auto* added = atecc.add_subcommand(name, help);
    step->consent.add_to(*added, std::string_view(name) != "write");
    added->callback([step, verb] {
      run_on_chip(step->context, *step->options,
                  [&](const Atecc608Settings& settings) { return verb(*step, settings); });
    });
    return std::pair(added, step);
  };
  const char* file_help = "configuration of a chip: YAML, or 128 bytes in hexadecimal";
  const auto [write_verb, write_step] =
      add("write", "write a configuration file into an open chip; again after an interruption", write);
  write_verb->add_option("FILE", write_step->file, file_help)->required();
  const auto [config_verb, config_step] =
      add("lock-config", "lock the configuration for ever, if the chip has the file's", lock_config);
  config_verb->add_option("FILE", config_step->file, file_help)->required();
  const auto [data_verb, data_step] =
      add("lock-data", "overwrite the slots without a private key, and OTP, and lock both zones for ever", lock_data);
  data_verb->add_flag("--keep-data", data_step->keep_data,
                      "overwrite nothing: another tool stored data there already; the chip then compares no CRC");
  const auto [slot_verb, slot_step] =
      add("lock-slot", "lock one slot for ever, so that its key cannot be replaced", lock_slot);
  slot_verb->add_option("SLOT", slot_step->slot, "the slot")->required()->check(CLI::Range(0, 15));
}

}  // namespace vouchgate::cli
