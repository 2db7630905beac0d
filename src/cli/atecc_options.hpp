// Which chip an atecc verb speaks of, and the consent to what nothing undoes. Never touches the chip.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "context.hpp"
#include "vouchgate/base/result.hpp"

namespace vouchgate::cli {

// --bus, --address and --slot; what is not given comes from key.atecc608 of the configuration. With --bus no
// configuration is read, so that a chip can be set up on a bench.
class ChipOptions {
 public:
  void add_to(CLI::App& app);

  // Without --bus all mistakes of the configuration go to stderr; then nothing is returned and exit_code is 1.
  std::optional<Atecc608Settings> settings(Context& context) const;
  // How this operator calls the verbs on the chip of `settings`, e.g. "vouchgate atecc --bus /dev/i2c-1".
  std::string prefix(const Context& context, const Atecc608Settings& settings) const;

 private:
  std::string bus_;
  std::uint32_t address_ = 0, slot_ = 0;
  CLI::Option *address_given_ = nullptr, *slot_given_ = nullptr;
};

// --commit and --serial of a step.
struct Consent {
  bool commit = false;
  std::string serial;

  void add_to(CLI::App& verb, bool with_serial);
  // The chip's serial number, from --serial or typed at the terminal. Errors: mismatch (another number), denied (nobody
  // to ask).
  Result<void> ask(const Context& context, const std::string& serial_of_chip) const;
};

}  // namespace vouchgate::cli
