// The verbs that only look: scan, info, config show, plan.
#include "atecc_commands.hpp"

#include <iostream>

#include "vouchgate/base/bytes.hpp"
#include "vouchgate/keys/atecc608.hpp"

namespace vouchgate::cli {
namespace {

Result<void> scan(Context& context, const Atecc608Settings& settings) {
  const auto found = keys::atecc608::scan(settings.bus);
  if (!found) return fail(found.error());
  Json list = Json::array();
  std::optional<Error> failure;  // of the first, unless another one is well
  bool well = false;
  for (const keys::atecc608::Found& one : *found) {
    if (!one.identity) {
      const Error& error = one.identity.error();
      if (!failure) failure = error;
      if (context.json)
        list.push_back({{"bus", settings.bus},
                        {"address", address_text(one.address)},
                        {"error", error.reason},
                        {"hint", error.hint}});
      else
        std::cout << address_text(one.address) << "  " << error.reason << "\n";
      continue;
    }
    well = true;
    const ChipSeen chip{settings.bus, one.address, settings.slot, one.identity->config, {}};
    if (context.json)
      list.push_back(chip_json(chip));
    else
      std::cout << address_text(one.address) << "  " << atecc608::part_name(ByteView(chip.zone).subspan(4, 4)) << "  "
                << atecc608::serial(chip.zone) << "  " << state_text(chip.zone) << "\n";
  }
  if (context.json) std::cout << list.dump() << "\n";
  if (well) return {};
  if (failure) return fail(*failure);
  return fail(Code::not_found, "atecc", settings.bus, "no ATECC508A or ATECC608 answers at a usual address",
              "7-bit 0x60, 0x35, 0x36, 0x58 and 0x50 were tried; look at wiring, power and the number of the bus");
}

Result<void> info(Context& context, const Atecc608Settings& settings, const std::string& prefix) {
  const auto chip = look_at(settings);
  if (!chip) return fail(chip.error());
  const auto objections = all_objections(chip->zone, chip->slot);
  const bool open = !atecc608::config_locked(chip->zone);
  const auto steps = remaining_steps(chip->zone, chip->slot, open, chip->key);
  if (context.json) {
    Json out = chip_json(*chip);
    out["objections"] = objections_json(objections);
    out["remaining"] = steps_json(steps);
    std::cout << out.dump() << "\n";
    return {};
  }
  std::cout << chip_text(*chip) << objections_text(objections);
  if (open)
    std::cout << "next: '" << prefix << " plan FILE' compares it with a configuration file\n";
  else
    std::cout << steps_text(steps, chip->slot, prefix, "FILE");
  return {};
}

Result<void> show_config(Context& context, const Atecc608Settings& settings) {
  const auto chip = keys::atecc608::identify(settings);
  if (!chip) return fail(chip.error());
  if (!context.json) {
    std::cout << config::print_chip_config(chip->config);
    return {};
  }
  Json fields = Json::object();
  for (const config::ChipField& field : config::chip_fields(chip->config)) fields[field.key] = field.value;
  std::cout << Json{{"zone", hex(chip->config)}, {"keys", std::move(fields)}}.dump() << "\n";
  return {};
}

Result<void> plan(Context& context, const Atecc608Settings& settings, const std::string& path,
                  const std::string& prefix) {
  const auto file = read_chip_config(context, path);
  if (!file) return {};
  const auto chip = look_at(settings);
  if (!chip) return fail(chip.error());
  const ChipPlan planned = plan_chip(*file, chip->zone, chip->slot, chip->where());
  const auto steps = remaining_steps(chip->zone, chip->slot, planned.words > 0, chip->key);
  if (context.json) {
    Json out = {{"chip", chip_json(*chip)}, {"file", path}, {"plan", plan_json(planned)}};
    out["remaining"] = planned.possible() ? steps_json(steps) : Json::array();
    std::cout << out.dump() << "\n";
  } else {
    std::cout << chip_text(*chip);
    if (!planned.refusal) std::cout << changes_text(planned) << objections_text(planned.objections);
    if (planned.possible()) std::cout << steps_text(steps, chip->slot, prefix, path);
  }
  if (planned.refusal) return fail(*planned.refusal);
  if (!planned.possible()) context.exit_code = 1;
  return {};
}

}  // namespace

Result<ChipSeen> look_at(const Atecc608Settings& settings) {
  const auto identity = keys::atecc608::identify(settings);
  if (!identity) return fail(identity.error());
  ChipSeen chip{settings.bus, static_cast<std::uint8_t>(settings.address), settings.slot, identity->config, {}};
  const bool tells = atecc608::config_locked(chip.zone) && atecc608::slot_of(chip.zone, chip.slot).private_key;
  if (!tells) return chip;
  const auto key = keys::atecc608::key_valid(settings);
  if (!key) return fail(key.error());
  chip.key = *key;
  return chip;
}

std::optional<config::ChipConfig> read_chip_config(Context& context, const std::string& path) {
  config::ChipConfig file = config::load_chip_config(path);
  if (file.mistakes.empty()) return file;
  for (const config::Mistake& mistake : file.mistakes) std::cerr << mistake.text() << "\n";
  context.exit_code = 1;
  return std::nullopt;
}

void run_on_chip(Context& context, const ChipOptions& options, const ChipVerb& verb) {
  const auto settings = options.settings(context);
  if (!settings) return;
  if (const auto done = verb(*settings); !done) report(context, done.error());
}

void add_atecc_commands(CLI::App& app, Context& context) {
  auto* atecc = app.add_subcommand("atecc", "an ATECC508A or ATECC608 on the I2C bus: look at it, set it up");
  atecc->require_subcommand(1);
  auto options = std::make_shared<ChipOptions>();
  options->add_to(*atecc);
  const auto add = [&](CLI::App& to, const char* name, const char* help, auto verb) {
    auto* added = to.add_subcommand(name, help);
    added->callback([&context, options, verb] {
      run_on_chip(context, *options, [&](const Atecc608Settings& settings) { return verb(settings, *options); });
    });
    return added;
  };
  add(*atecc, "scan", "the chips that answer at the usual addresses of the bus",
      [&context](const Atecc608Settings& s, const ChipOptions&) { return scan(context, s); });
  add(*atecc, "info", "the chip, its locks, its slot, and what remains to be done",
      [&context](const Atecc608Settings& s, const ChipOptions& o) { return info(context, s, o.prefix(context, s)); });
  auto* config = atecc->add_subcommand("config", "the chip's configuration zone");
  config->require_subcommand(1);
  add(*config, "show", "the chip's configuration as YAML, one line a slot",
      [&context](const Atecc608Settings& s, const ChipOptions&) { return show_config(context, s); });
  auto path = std::make_shared<std::string>();
  auto* verb =
      add(*atecc, "plan", "compare the chip with a configuration file and judge the file; exit 1 if it is refused",
          [&context, path](const Atecc608Settings& s, const ChipOptions& o) {
            return plan(context, s, *path, o.prefix(context, s));
          });
  verb->add_option("FILE", *path, "configuration of a chip: YAML, or 128 bytes in hexadecimal")->required();
  add_atecc_steps(*atecc, context, options);
  add_atecc_certificates(*atecc, context, options);
}

}  // namespace vouchgate::cli
