// The bus and the chip before any key is asked for, in the order in which they fail in the field.
#include "chip_checks.hpp"

#include <cstdio>

#include "vouchgate/model/atecc608_objections.hpp"

namespace vouchgate::cli::check {
namespace {

namespace zones = vouchgate::atecc608;
// A 608 at its slowest clock takes 0.67 s at most (cryptoauthlib's table); with a retry it is more.
constexpr std::chrono::milliseconds slow_signature(800);

Finding of(const Error& error) {
  return failed(error.line(), error.hint.empty() ? "'dmesg | grep -i i2c'" : error.hint);
}

std::string hexadecimal(unsigned long value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%02lx", value);
  return text;
}

std::string milliseconds(std::chrono::microseconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f ms", static_cast<double>(time.count()) / 1000);
  return text;
}

}  // namespace

Finding judge_bus_access(const Account& account, const std::string& bus, const Seen& seen, const std::string& group) {
  if (account.uid == 0) return ok("root opens " + bus);
  if (!seen.exists()) return skipped("because " + bus + " is not there");
  if (may(account, seen, 6)) return ok(account.name + " may open " + bus + " (group " + group + ")");
  if (group != "i2c")
    return failed(bus + ": group " + group + " may open it, " + account.name + " may not",
                  "a udev rule gives it to group i2c; on Debian it comes with package i2c-tools");
  Finding out = warning(account.name + " is not in group i2c, which opens " + bus,
                        "'usermod -aG i2c " + account.name +
                            "', or 'vouchgate check --fix' as root; the daemon alone also gets it by the drop-in "
                            "/usr/share/vouchgate/atecc608.conf");
  out.repairs.push_back({Repair::Kind::join_group, {}, account.name, "i2c", 0});
  return out;
}

Finding judge_bus(const Bus& bus) { return bus ? ok(bus->device) : of(bus.error()); }

Finding judge_bus_functions(const Bus& bus) {
  if (!bus) return of(bus.error());
  const std::string functions = "I2C_FUNCS " + hexadecimal(bus->functions);
  if (bus->plain_i2c) return ok("plain I2C transfers (" + functions + ")");
  return failed(bus->device + ": the adapter speaks SMBus only (" + functions + " lacks I2C_FUNC_I2C)",
                "the chip needs plain I2C transfers; 'i2cdetect -l' lists the adapters");
}

Finding judge_bus_driver(const Bus& bus, unsigned address) {
  if (!bus) return of(bus.error());
  if (bus->kernel_driver.empty()) return ok("no kernel driver is bound to " + hexadecimal(address));
  return failed("the kernel's driver " + bus->kernel_driver + " holds " + hexadecimal(address),
                "unbind it under /sys/bus/i2c/drivers/" + bus->kernel_driver +
                    ", and for good take its node out of the device tree");
}

Finding judge_wake(const Result<std::chrono::microseconds>& took, std::optional<std::uint8_t> elsewhere) {
  if (!took && !elsewhere) return of(took.error());
  if (!took)
    return failed(took.error().line(), "a chip answers at " + hexadecimal(*elsewhere) + ": key.atecc608.address");
  return ok("awake and asleep again in " + milliseconds(*took));
}

Finding judge_revision(const Chip& chip) {
  if (!chip) return of(chip.error());
  const std::string name = zones::part_name(chip->revision);
  const std::string trust = zones::trust_platform(chip->config);
  return ok(name + " " + zones::serial(chip->config) + (trust.empty() ? "" : ", " + trust));
}

Finding judge_locks(const Chip& chip) {
  if (!chip) return of(chip.error());
  constexpr const char* how = "'vouchgate atecc info' names the next step";
  if (!zones::config_locked(chip->config)) return failed("a blank chip: its configuration is not locked", how);
  if (!zones::data_locked(chip->config)) return failed("the data zone is not locked", how);
  return ok("configuration and data zone are locked");
}

Finding judge_slot(const Chip& chip, unsigned slot) {
  if (!chip) return of(chip.error());
  const std::string name = "slot " + std::to_string(slot);
  const auto objections = zones::objections(chip->config, slot);
  for (const zones::Objection& objection : objections)
    if (objection.fatal) return failed(name + ": " + objection.reason, zones::other_slots(chip->config, slot));
  if (!objections.empty())
    return warning(name + ": " + objections.front().reason,
                   "'vouchgate atecc config show' shows all slots; key.atecc608.slot chooses one");
  if (zones::slot_locked(chip->config, slot) || !zones::slot_of(chip->config, slot).gen_key())
    return ok(name + " signs; its key stays for ever");
  return ok(name + " signs; until it is locked whoever opens the bus can make its key anew");
}

Finding judge_timing(const Result<std::chrono::microseconds>& took) {
  if (!took) return of(took.error());
  const std::string what = "one signature in " + milliseconds(*took);
  if (*took > slow_signature) return warning(what, "transfers fail and are repeated: wiring, supply voltage, pull-ups");
  return ok(what);
}

}  // namespace vouchgate::cli::check
