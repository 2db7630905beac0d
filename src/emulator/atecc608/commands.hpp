// The commands that the simulated chip knows: what each does to state and RAM, and how long it may take. A command that
// is not in the table, or a mode that its function does not name, is a parse error. Never sees the clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "frame.hpp"
#include "state.hpp"
#include "volatile_memory.hpp"

namespace vouchgate::emulator::atecc608 {

struct Core {
  State& state;
  VolatileMemory& memory;
  bool is_608() const { return state.part != Part::atecc508a; }
};

// Each returns the payload of the reply.
Bytes info(const Command& command, Core core);
Bytes random(const Command& command, Core core);
Bytes nonce(const Command& command, Core core);
Bytes generate_key(const Command& command, Core core);
Bytes sign(const Command& command, Core core);
Bytes verify(const Command& command, Core core);
Bytes read(const Command& command, Core core);
Bytes write(const Command& command, Core core);
Bytes lock(const Command& command, Core core);
Bytes update_extra(const Command& command, Core core);
Bytes sha(const Command& command, Core core);
Bytes counter(const Command& command, Core core);
Bytes self_test(const Command& command, Core core);

struct CommandRow {
  std::uint8_t opcode;
  std::string_view name;
  Bytes (*run)(const Command&, Core);
  bool on_508, uses_rng, uses_ecc;
  unsigned typical_508, longest_508;     // microseconds
  unsigned typical_608, longest_608[3];  // the longest by clock divider: M0, M1, M2
};
const CommandRow* row_of(std::uint8_t opcode, const State& state);

struct RunTime {
  std::chrono::microseconds typical, longest;
};
RunTime run_time(const CommandRow& row, const State& state);

constexpr std::uint8_t self_test_opcode = 0x77, sha_opcode = 0x47;
constexpr std::uint32_t counter_limit = 2097151;

}  // namespace vouchgate::emulator::atecc608
