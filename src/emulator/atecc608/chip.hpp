// One ATECC508A or 608 on an I2C bus, with a clock that the caller turns. Never waits, and never looks at a clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <string_view>

#include "faults.hpp"
#include "state.hpp"
#include "volatile_memory.hpp"
#include "vouchgate/base/bytes.hpp"

namespace vouchgate::emulator::atecc608 {

using Time = std::chrono::microseconds;  // since any start, never goes back

struct Command;
struct CommandRow;
struct RunTime;

// What happened, for who watches; the views live for the call.
struct Event {
  std::string_view what;  // "wake", "idle", "sleep", "watchdog", "command", "fault"
  std::string_view name;  // of the command or the fault
  std::uint8_t opcode = 0, p1 = 0;
  std::uint16_t p2 = 0;
  std::uint8_t status = 0;  // 00 also when data came
  Time duration{};          // that the command runs
};

struct Settings {
  std::uint32_t bus_hz = 100'000;  // above 133,333 a zero byte is too short a pulse to wake the chip
  std::uint64_t seed = 1;          // of run times, watchdog and faults; keys and signatures are never repeatable
  // Called when something that survives power loss has changed, before anybody can read the reply.
  std::function<void(const State&)> store = {};
  std::function<void(const Event&)> observe = {};
};

enum class Power { asleep, idle, awake, busy };

// How long a transfer of so many bytes behind the address byte holds the bus.
Time transfer_time(std::size_t bytes, std::uint32_t bus_hz);

// Each transfer is one message with START and STOP. Not for two threads at once.
class Chip {
 public:
  explicit Chip(State state, Settings settings = {});  // asleep, as after power-up

  // False: not acknowledged, or vanished(). Address 0 is the wake pulse, which nobody ever acknowledges. `now`: the
  // moment of the address byte, `stop`: of a write's STOP, from which a command runs.
  bool write(std::uint8_t address, ByteView bytes, Time now, Time stop);
  bool write(std::uint8_t address, ByteView bytes, Time now) { return write(address, bytes, now, now); }
  bool read(std::uint8_t address, std::span<std::uint8_t> out, Time now);
  // The transfer that just failed found no adapter: ENODEV, not a NACK.
  bool vanished() const { return vanished_; }

  Faults& faults() { return faults_; }
  const State& state() const { return state_; }
  Power power(Time now);

 private:
  void advance(Time now);
  Time watchdog_period();
  void wake();
  void power_down(Power target);
  bool transfer_refused(std::uint8_t address);
  bool control(std::uint8_t word);
  bool take(ByteView packet);

  void execute();
  Time drawn(const RunTime& times);
  Bytes run(const Command& command, const CommandRow& row, Time duration);
  void undo(const State& before);
  void restart(Time after);
  void finish(const Command& command, const Bytes& payload, Time duration);

  bool strikes(Fault fault);
  void observe(std::string_view what, std::string_view name = {});

  State state_;
  Settings settings_;
  Faults faults_;
  std::mt19937_64 random_;
  VolatileMemory memory_;
  Power power_ = Power::asleep;
  std::uint8_t address_ = 0;           // 7 bits, taken from the configuration at each wake
  Time now_{}, ready_{}, watchdog_{};  // ready_: from then on transfers are acknowledged
  Bytes input_;                        // of a command that is not complete
  Bytes output_;
  std::size_t cursor_ = 0;  // into output_, advances over several reads
  bool self_test_failed_ = false, watchdog_near_ = false, stuck_ = false, vanished_ = false;
};

}  // namespace vouchgate::emulator::atecc608
