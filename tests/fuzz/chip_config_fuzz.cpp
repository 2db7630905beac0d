// Any bytes as a chip configuration: mistakes are reported, never thrown, and what loads prints and loads as itself.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "vouchgate/config/chip_config.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vouchgate;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const config::ChipConfig loaded = config::load_chip_config_text("fuzz.yaml", text);
  if (!loaded.mistakes.empty()) return 0;
  atecc608::Zone chip{};
  chip[6] = loaded.part == atecc608::Part::atecc508a ? 0x50 : 0x60;
  chip = atecc608::on_chip(loaded.zone, chip);
  const config::ChipConfig again = config::load_chip_config_text("again.yaml", config::print_chip_config(chip));
  if (again.mistakes.empty() && again.zone == loaded.zone) return 0;
  // Hexadecimal text may hold an address that YAML refuses; what was YAML must come back.
  if (text.find(':') != std::string::npos) std::abort();
  return 0;
}
