// The table of execution times. Sources: cryptoauthlib's calib_execution.c (maxima), the public summary data sheet
// DS40001977 and open drivers' constants (what a chip takes in practice).
#include "timing.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace vouchgate::keys::atecc608 {
namespace {

using std::chrono::microseconds;

struct Row {
  Opcode opcode;
  const char* name;
  std::array<int, 4> first_look;  // microseconds, in the order of Speed
  std::array<int, 4> most;
};

constexpr Row rows[] = {
    {Opcode::info, "Info", {100, 300, 300, 300}, {2'000, 5'000, 5'000, 5'000}},
    {Opcode::read, "Read", {100, 300, 300, 300}, {2'000, 5'000, 5'000, 5'000}},
    {Opcode::write, "Write", {5'000, 5'000, 5'000, 5'000}, {26'000, 45'000, 45'000, 45'000}},
    {Opcode::lock, "Lock", {7'000, 12'000, 12'000, 12'000}, {32'000, 35'000, 35'000, 35'000}},
    {Opcode::nonce, "Nonce", {100, 1'000, 1'000, 1'000}, {29'000, 20'000, 20'000, 20'000}},
    {Opcode::generate_key, "GenKey", {11'000, 40'000, 80'000, 250'000}, {115'000, 115'000, 215'000, 653'000}},
    {Opcode::sign, "Sign", {35'000, 40'000, 80'000, 250'000}, {60'000, 115'000, 220'000, 665'000}},
};

const Row& row_of(Opcode opcode) { return *std::ranges::find(rows, opcode, &Row::opcode); }

}  // namespace

Timing timing_of(Opcode opcode, Speed speed) {
  const Row& row = row_of(opcode);
  const auto column = static_cast<std::size_t>(speed);
  return {microseconds(row.first_look.at(column)), microseconds(row.most.at(column))};
}

Speed speed_of(const vouchgate::atecc608::Zone& config) {
  if (vouchgate::atecc608::part_of(config) == vouchgate::atecc608::Part::atecc508a) return Speed::atecc508a;
  switch (config[19] & 0xF8) {
    case 0x00: return Speed::m0;
    case 0x28: return Speed::m1;
    default: return Speed::m2;
  }
}

const char* name_of(Opcode opcode) { return row_of(opcode).name; }

}  // namespace vouchgate::keys::atecc608
