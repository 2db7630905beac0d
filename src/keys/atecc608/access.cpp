// The public functions: each on a Linux bus of its own, for as long as it runs.
#include "linux_i2c.hpp"
#include "operations.hpp"
#include "scan.hpp"

namespace vouchgate::keys::atecc608 {
namespace {

constexpr Bus::Time usual_limit = std::chrono::seconds(10);

template <class Work>
auto on_linux(const Atecc608Settings& settings, const Work& work) {
  LinuxI2c bus(settings);
  return with_chip(bus, settings, usual_limit, work);
}

// Opening it asks the kernel, whose drivers hold an address too.
Result<void> nobody_at(const Atecc608Settings& settings) {
  LinuxI2c bus(settings);
  if (auto opened = bus.open(usual_limit); !opened) return opened;
  const auto taken = occupied(bus, static_cast<std::uint8_t>(settings.address));
  bus.close();
  if (!taken) return fail(taken.error());
  if (!*taken) return {};
  return fail(Code::mismatch, "key", place(settings.bus, settings.address), "another device answers there already",
              "two at one address would both be out of reach: choose another address in the file");
}

// Runs `work` with the serial's owner after its speed is known.
template <class Work>
auto on_known_chip(const Atecc608Settings& settings, const Work& work) {
  return on_linux(settings, [&](Chip& chip) -> decltype(work(chip, std::declval<const Identity&>())) {
    const auto found = identify(chip);
    if (!found) return fail(found.error());
    return work(chip, *found);
  });
}

}  // namespace

Result<BusReport> inspect_bus(const Atecc608Settings& settings) { return LinuxI2c(settings).inspect(); }

Result<std::chrono::microseconds> wake(const Atecc608Settings& settings) {
  LinuxI2c bus(settings);
  return with_chip(bus, settings, usual_limit, [&](Chip& chip) -> Result<std::chrono::microseconds> {
    const auto begin = bus.now();
    if (auto woken = chip.run({}); !woken) return fail(woken.error());
    return bus.now() - begin;
  });
}

Result<Identity> identify(const Atecc608Settings& settings) {
  return on_linux(settings, [](Chip& chip) { return identify(chip); });
}

Result<std::vector<Found>> scan(const std::string& bus_path) {
  Atecc608Settings settings{.bus = bus_path, .address = usual_addresses.front(), .slot = 0};
  LinuxI2c bus(settings);
  if (auto opened = bus.open(usual_limit); !opened) return fail(opened.error());
  auto addresses = who_wakes(bus);
  if (addresses && addresses->empty()) {  // one that was awake has fallen asleep by then, at most 1.7 s later
    bus.wait(std::chrono::milliseconds(1'800));
    addresses = who_wakes(bus);
  }
  bus.close();
  if (!addresses) return fail(addresses.error());
  std::vector<Found> out;
  for (const std::uint8_t address : *addresses) {
    settings.address = address;
    out.push_back({address, identify(settings)});
  }
  return out;
}

Result<bool> key_valid(const Atecc608Settings& settings) {
  return on_linux(settings, [&](Chip& chip) { return key_valid(chip, settings.slot); });
}

Result<Bytes> public_key(const Atecc608Settings& settings) {
  return on_known_chip(settings, [&](Chip& chip, const Identity&) { return public_key(chip, settings.slot); });
}

Result<std::chrono::microseconds> time_signature(const Atecc608Settings& settings) {
  LinuxI2c bus(settings);
  return with_chip(bus, settings, usual_limit, [&](Chip& chip) -> Result<std::chrono::microseconds> {
    const auto found = identify(chip);
    if (!found) return fail(found.error());
    const Bytes digest(32, 0x5A);
    const auto begin = bus.now();
    const auto signature = sign(chip, vouchgate::atecc608::part_of(found->config), settings.slot, digest);
    if (!signature) return fail(signature.error());
    return bus.now() - begin;
  });
}

Result<void> write_config(const Atecc608Settings& settings, const std::string& serial, const Zone& wanted) {
  Atecc608Settings moved = settings;
  moved.address = vouchgate::atecc608::address_of(wanted);
  if (moved.address != settings.address)
    if (auto vacant = nobody_at(moved); !vacant) return vacant;
  const auto written = on_linux(settings, [&](Chip& chip) { return write_config(chip, serial, wanted); });
  if (!written && written.error().code == Code::mismatch) return written;
  // The chip may have moved to its new address, also when the answer to that got lost.
  const auto verified = on_linux(moved, [&](Chip& chip) { return verify_config(chip, serial, wanted); });
  return written || verified ? verified : written;
}

Result<void> lock_config(const Atecc608Settings& settings, const std::string& serial, const Zone& expected) {
  return on_linux(settings, [&](Chip& chip) { return lock_config(chip, serial, expected); });
}

Result<void> lock_data(const Atecc608Settings& settings, const std::string& serial, Contents contents) {
  return on_linux(settings, [&](Chip& chip) { return lock_data(chip, serial, contents); });
}

Result<void> lock_slot(const Atecc608Settings& settings, const std::string& serial) {
  return on_linux(settings, [&](Chip& chip) { return lock_slot(chip, serial, settings.slot); });
}

Result<Bytes> read_slot(const Atecc608Settings& settings) {
  return on_linux(settings, [&](Chip& chip) { return read_slot(chip, settings.slot); });
}

}  // namespace vouchgate::keys::atecc608
