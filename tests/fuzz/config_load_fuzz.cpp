// Any bytes as a configuration: mistakes are reported, never thrown, and what loads prints and loads again as itself.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "vouchgate/config/config.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const vouchgate::config::Vocabulary words{{"tpm", "atecc608", "file"}, {"iot-core"}};
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto loaded = vouchgate::config::load_text("fuzz.yaml", text, words);
  if (!loaded.mistakes.empty()) return 0;
  const std::string printed = vouchgate::config::print(loaded.settings);
  const auto again = vouchgate::config::load_text("again.yaml", printed, words);
  if (!again.mistakes.empty() || vouchgate::config::print(again.settings) != printed) std::abort();
  return 0;
}
