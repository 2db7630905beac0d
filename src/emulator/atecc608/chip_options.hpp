// The command line of vouchgate-emulator-atecc608. Never opens what it names.
#pragma once

#include <cerrno>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "state.hpp"
#include "vouchgate/base/error.hpp"

namespace vouchgate::emulator::atecc608 {

enum class Preset { blank, jwt1, jwt1_key, trust_and_go, trust_flex };
constexpr bool provisioned_by_factory(Preset preset) { return preset >= Preset::trust_and_go; }

struct ChipOptions {
  std::vector<std::string> states;  // files, one a chip
  std::string fuse;                 // directory; exactly one of fuse and cuse is given
  std::string cuse;                 // name below /dev
  std::string name = "i2c-9";
  std::string control;  // empty = no FIFO
  Part part = Part::atecc608b;
  bool part_given = false;
  Preset preset = Preset::blank;
  std::uint32_t bus_hz = 100'000;
  std::uint64_t seed = 1;
  int nack_errno = ENXIO;
  bool smbus_only = false;
};
struct ChipText {
  std::string text;  // of --help or --version
};
using ChipCommandLine = std::variant<ChipOptions, ChipText, Error>;

// arguments: without the program's name.
ChipCommandLine parse_chip_options(const std::vector<std::string>& arguments);

}  // namespace vouchgate::emulator::atecc608
