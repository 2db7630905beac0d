// vouchgate-emulator-atecc608: simulated secure elements on one bus. Never decides what the chip does.
#include <cstdio>
#include <string>
#include <vector>

#include "atecc608/host.hpp"

int main(int count, char** arguments) {
  using namespace vouchgate;
  namespace chip = emulator::atecc608;
  const auto line = chip::parse_chip_options(std::vector<std::string>(arguments + 1, arguments + count));
  if (const auto* shown = std::get_if<chip::ChipText>(&line)) return std::fputs(shown->text.c_str(), stdout) < 0;
  if (const auto* error = std::get_if<Error>(&line)) {
    std::fprintf(stderr, "%s\n", error->text().c_str());
    return 2;
  }
  const auto ended = chip::run(std::get<chip::ChipOptions>(line));
  if (ended) return 0;
  std::fprintf(stderr, "%s\n", ended.error().text().c_str());
  return 1;
}
