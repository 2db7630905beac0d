// Options with their checks. An address in the 8-bit form that data sheets print is answered with the right one.
#include "atecc_options.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "vouchgate/model/atecc608_zone.hpp"
#include "vouchgate/model/ids.hpp"

namespace vouchgate::cli {
namespace {

std::string two_digits(std::uint32_t value) {
  const auto byte = static_cast<std::uint8_t>(value);
  return "0x" + hex(ByteView(&byte, 1));
}

// Empty if `text` is a 7-bit address that a device may have (I2C specification UM10204, 3.1.12).
std::string seven_bit_address(const std::string& text) {
  std::uint32_t address = 0;
  if (!CLI::detail::lexical_cast(text, address)) return text + " is not an address such as 0x60";
  if (const auto meant = atecc608::seven_bit_form(address))
    return text + " is an 8-bit address; write " + two_digits(*meant) + ": the 7-bit form";
  return address >= 0x08 && address <= 0x77 ? "" : text + " is not within 0x08 to 0x77";
}

}  // namespace

void ChipOptions::add_to(CLI::App& app) {
  app.add_option("--bus", bus_, "I2C bus, e.g. /dev/i2c-1; the configuration is then not read");
  address_given_ = app.add_option("--address", address_, "7-bit address of the chip, e.g. 0x60")
                       ->check(CLI::Validator(seven_bit_address, "ADDRESS"));
  slot_given_ = app.add_option("--slot", slot_, "slot that is to hold the gateway's key")->check(CLI::Range(0, 15));
}

std::optional<Atecc608Settings> ChipOptions::settings(Context& context) const {
  Atecc608Settings out;
  if (bus_.empty()) {
    const auto loaded = load_settings(context);
    if (!loaded) return std::nullopt;
    out = loaded->key.atecc608;
  } else {
    out.bus = bus_;
  }
  if (address_given_->count() > 0) out.address = address_;
  if (slot_given_->count() > 0) out.slot = slot_;
  return out;
}

std::string ChipOptions::prefix(const Context& context, const Atecc608Settings& settings) const {
  std::string out = "vouchgate";
  if (bus_.empty() && context.config_path != Context{}.config_path) out += " --config " + context.config_path;
  out += " atecc";
  if (!bus_.empty()) out += " --bus " + bus_;
  const bool moved = !bus_.empty() && settings.address != Atecc608Settings{}.address;
  if (moved || address_given_->count() > 0) out += " --address " + two_digits(settings.address);
  if (slot_given_->count() > 0) out += " --slot " + std::to_string(slot_);
  return out;
}

void Consent::add_to(CLI::App& verb, bool with_serial) {
  verb.add_flag("--commit", commit, "do it; without this the verb only says what it would do");
  if (with_serial) verb.add_option("--serial", serial, "the chip's serial number, instead of typing it when asked");
}

Result<void> Consent::ask(const Context& context, const std::string& serial_of_chip) const {
  std::string given = serial;
  if (given.empty()) {
    if (context.json || ::isatty(STDIN_FILENO) == 0)
      return fail(Code::denied, "atecc", "", "nothing was locked", "add --serial " + serial_of_chip + " to consent");
    std::cerr << "nothing undoes this. Type the chip's serial number to go on: ";
    if (!std::getline(std::cin, given)) std::cerr << "\n";
  }
  std::erase_if(given, [](char c) { return c == ' ' || c == '\t'; });  // as it comes with a copy, or in groups
  std::ranges::transform(given, given.begin(), [](char c) { return c >= 'A' && c <= 'F' ? char(c - 'A' + 'a') : c; });
  if (given == serial_of_chip) return {};
  return fail(
      Code::mismatch, "atecc", "",
      "nothing was locked: this chip's serial number is " + serial_of_chip + ", not '" + printable(given) + "'");
}

}  // namespace vouchgate::cli
