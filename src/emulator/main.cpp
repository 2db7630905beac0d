// vouchgate-emulator: the bench cloud's launcher. Never decides what the cloud does.
#include <cstdio>
#include <string>
#include <vector>

#include "launcher.hpp"

int main(int count, char** arguments) {
  using namespace vouchgate;
  const auto line = emulator::parse_options(std::vector<std::string>(arguments + 1, arguments + count));
  if (const auto* shown = std::get_if<emulator::ShowText>(&line)) return std::fputs(shown->text.c_str(), stdout) < 0;
  if (const auto* error = std::get_if<Error>(&line)) {
    std::fprintf(stderr, "%s\n", error->text().c_str());
    return 2;
  }
  const auto ended = emulator::run(std::get<emulator::Options>(line));
  if (ended) return 0;
  std::fprintf(stderr, "%s\n", ended.error().text().c_str());
  return 1;
}
