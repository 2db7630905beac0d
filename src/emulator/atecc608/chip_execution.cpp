// How the chip runs one command: checksum first, then form, watchdog and state; run time; what ends it before its time.
// Never touches the bus.
#include <cmath>
#include <utility>

#include "chip.hpp"
#include "commands.hpp"

namespace vouchgate::emulator::atecc608 {
namespace {

using namespace std::chrono_literals;

constexpr Time to_refuse = 300us;  // an answer that needs no work

bool refused(const Bytes& payload) {
  return payload.size() == 1 && payload[0] != done && payload[0] != no_match && payload[0] != ecc_failed;
}

}  // namespace

void Chip::execute() {
  Bytes packet = std::exchange(input_, {});
  cursor_ = 0;
  power_ = Power::busy;
  if (packet.size() < least_command || packet.size() > most_command || packet[0] != packet.size())
    return finish({}, payload_of(parse_error), to_refuse);
  if (strikes(Fault::noisy_write)) packet.back() ^= 1U;
  const auto command = parse(packet);
  if (!command) return finish({}, payload_of(bad_checksum), to_refuse);
  const CommandRow* const row = row_of(command->opcode, state_);
  if (self_test_failed_ && command->opcode != self_test_opcode)
    return finish(*command, payload_of(self_test_bad), to_refuse);
  if (row == nullptr) return finish(*command, payload_of(parse_error), to_refuse);
  const RunTime times = run_time(*row, state_);
  if (strikes(Fault::watchdog)) watchdog_near_ = true;
  if (watchdog_near_ || watchdog_ - now_ < times.longest) return finish(*command, payload_of(too_late), to_refuse);
  if (strikes(Fault::stuck_busy)) {
    stuck_ = true;
    return;
  }
  const Time duration = drawn(times);
  const Bytes payload = run(*command, *row, duration);
  finish(*command, payload, refused(payload) && payload[0] != woke_up ? to_refuse : duration);
}

// Mostly near the typical time, now and then close to the longest.
Time Chip::drawn(const RunTime& times) {
  const double part = std::pow(std::uniform_real_distribution<>(0, 1)(random_), 3);
  return times.typical + Time(std::llround(part * static_cast<double>((times.longest - times.typical).count())));
}

Bytes Chip::run(const Command& command, const CommandRow& row, Time duration) {
  const State before = state_;
  if (command.opcode != sha_opcode) memory_.sha_running = false;
  if (row.uses_rng && strikes(Fault::rng_failure)) memory_.rng_failed = true;
  if (row.uses_ecc && strikes(Fault::ecc_fault)) {
    memory_.temp_key = memory_.message_digest = {};
    return payload_of(ecc_failed);
  }
  Bytes payload = row.run(command, Core{state_, memory_});
  if (command.opcode == self_test_opcode && !refused(payload)) self_test_failed_ = false;
  const bool torn = strikes(Fault::brown_out);
  if (torn) undo(before);
  if (torn || strikes(Fault::lost_reply)) {
    restart(duration);
    payload = payload_of(woke_up);
  }
  if (settings_.store && state_ != before) settings_.store(state_);
  return payload;
}

// Power failed while the command ran: nothing was done, but a key that was being replaced is lost.
void Chip::undo(const State& before) {
  const auto made = state_.keys;
  state_ = before;
  for (unsigned slot = 0; slot < slot_count; ++slot)
    if (made[slot] != before.keys[slot]) state_.keys[slot].reset();
}

void Chip::restart(Time after) {
  memory_ = {};
  address_ = state_.address();
  watchdog_near_ = false;
  watchdog_ = now_ + after + watchdog_period();
}

void Chip::finish(const Command& command, const Bytes& payload, Time duration) {
  output_ = framed(payload);
  ready_ = now_ + duration;
  if (!settings_.observe) return;
  const CommandRow* const row = row_of(command.opcode, state_);
  const std::uint8_t status = payload.size() == 1 ? payload[0] : std::uint8_t{done};
  settings_.observe({"command", row == nullptr ? std::string_view("unknown") : row->name, command.opcode, command.p1,
                     command.p2, status, duration});
}

}  // namespace vouchgate::emulator::atecc608
