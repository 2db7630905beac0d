// The table of commands with their run times. Never a command's own rules.
#include <array>

#include "commands.hpp"

namespace vouchgate::emulator::atecc608 {
namespace {

constexpr std::array rows{
    CommandRow{0x30, "Info", info, true, false, false, 100, 2'000, 500, {5'000, 5'000, 5'000}},
    CommandRow{0x1B, "Random", random, true, true, false, 1'000, 23'000, 15'000, {23'000, 23'000, 23'000}},
    CommandRow{0x16, "Nonce", nonce, true, true, false, 100, 29'000, 7'000, {20'000, 20'000, 20'000}},
    CommandRow{0x40, "GenKey", generate_key, true, true, true, 11'000, 115'000, 59'000, {115'000, 215'000, 653'000}},
    CommandRow{0x41, "Sign", sign, true, true, true, 42'000, 60'000, 62'000, {115'000, 220'000, 665'000}},
    CommandRow{0x45, "Verify", verify, true, false, true, 38'000, 72'000, 69'000, {105'000, 295'000, 1'085'000}},
    CommandRow{0x02, "Read", read, true, false, false, 100, 5'000, 500, {5'000, 5'000, 5'000}},
    CommandRow{0x12, "Write", write, true, false, false, 7'000, 26'000, 8'000, {45'000, 45'000, 45'000}},
    CommandRow{0x17, "Lock", lock, true, false, false, 8'000, 32'000, 19'500, {35'000, 35'000, 35'000}},
    CommandRow{0x20, "UpdateExtra", update_extra, true, false, false, 4'000, 10'000, 4'000, {10'000, 10'000, 10'000}},
    CommandRow{0x47, "SHA", sha, true, false, false, 7'000, 9'000, 7'000, {36'000, 42'000, 75'000}},
    CommandRow{0x24, "Counter", counter, true, false, false, 5'000, 20'000, 8'000, {25'000, 25'000, 25'000}},
    CommandRow{0x77, "SelfTest", self_test, false, false, false, 0, 0, 150'000, {250'000, 625'000, 2'324'000}}};

// ChipMode bits 7:3.
unsigned clock_divider(const State& state) {
  const unsigned bits = state.config[19] & 0xF8U;
  return bits == 0x68 ? 2 : bits == 0x28 ? 1 : 0;
}

}  // namespace

const CommandRow* row_of(std::uint8_t opcode, const State& state) {
  for (const CommandRow& row : rows)
    if (row.opcode == opcode && (row.on_508 || state.part != Part::atecc508a)) return &row;
  return nullptr;
}

RunTime run_time(const CommandRow& row, const State& state) {
  using std::chrono::microseconds;
  if (state.part == Part::atecc508a) return {microseconds(row.typical_508), microseconds(row.longest_508)};
  const unsigned longest = row.longest_608[clock_divider(state)];
  const std::uint64_t typical = std::uint64_t{row.typical_608} * longest / row.longest_608[0];
  return {microseconds(typical), microseconds(longest)};
}

}  // namespace vouchgate::emulator::atecc608
