// The chip on its bus: power states, the two buffers, when it answers. Never what a command does.
#include "chip.hpp"

#include <algorithm>

#include "frame.hpp"

namespace vouchgate::emulator::atecc608 {
namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t word_reset = 0, word_sleep = 1, word_idle = 2, word_command = 3;
constexpr std::uint32_t fastest_wake_hz = 133'333;  // eight low bits last tWLO, 60 us
constexpr Time until_ready = 1500us;                // tWHI
constexpr Time until_tested = 20ms;                 // tWHIST: ChipOptions bit 0 of a 608

}  // namespace

Time transfer_time(std::size_t bytes, std::uint32_t bus_hz) {
  const std::uint64_t bits = 9 * (bytes + 1) + 2;  // an acknowledge each, START and STOP
  return Time(bits * 1'000'000 / bus_hz);
}

Chip::Chip(State state, Settings settings)
    : state_(std::move(state)), settings_(std::move(settings)), faults_(settings_.seed + 1), random_(settings_.seed) {}

Power Chip::power(Time now) {
  advance(now);
  return power_;
}

void Chip::advance(Time now) {
  now_ = now;
  const bool running = power_ == Power::awake || power_ == Power::busy;
  if (running && now >= watchdog_) {
    power_down(Power::asleep);
    observe("watchdog");
  }
  if (power_ == Power::busy && !stuck_ && now >= ready_) power_ = Power::awake;
}

// 0.7 .. 1.7 s; ten times that with ChipMode bit 2.
Time Chip::watchdog_period() {
  const bool longer = (state_.config[19] & 4U) != 0;
  const Time shortest = longer ? 7600ms : 700ms, longest = longer ? 17s : 1700ms;
  return Time(std::uniform_int_distribution<Time::rep>(shortest.count(), longest.count())(random_));
}

void Chip::wake() {
  const bool tests_itself = state_.part != Part::atecc508a && (state_.config[90] & 1U) != 0;
  address_ = state_.address();
  power_ = Power::awake;
  ready_ = now_ + (tests_itself ? until_tested : until_ready);
  watchdog_ = now_ + watchdog_period();
  if (state_.part != Part::atecc508a && strikes(Fault::self_test)) self_test_failed_ = true;
  output_ = framed(payload_of(self_test_failed_ ? self_test_bad : woke_up));
  cursor_ = 0;
  observe("wake");
}

void Chip::power_down(Power target) {
  power_ = target;
  if (target == Power::asleep) memory_ = {};
  input_.clear();
  output_.clear();
  watchdog_near_ = stuck_ = false;
}

bool Chip::transfer_refused(std::uint8_t address) {
  return address != address_ || power_ != Power::awake || now_ < ready_ || strikes(Fault::nack);
}

bool Chip::write(std::uint8_t address, ByteView bytes, Time now, Time stop) {
  advance(now);
  vanished_ = strikes(Fault::vanish);
  if (vanished_) return false;
  if (address == 0) {
    const bool hears = (power_ == Power::asleep || power_ == Power::idle) && settings_.bus_hz <= fastest_wake_hz;
    if (hears && !strikes(Fault::lost_wake)) wake();
    return false;
  }
  if (transfer_refused(address)) return false;
  advance(stop);
  if (power_ != Power::awake) return false;  // the watchdog ended it on the way
  if (bytes.empty()) return true;
  if (bytes[0] == word_command) return take(bytes.subspan(1));
  return bytes.size() == 1 && control(bytes[0]);
}

bool Chip::control(std::uint8_t word) {
  if (word == word_reset) {
    cursor_ = 0;
    input_.clear();
    return true;
  }
  if (word != word_sleep && word != word_idle) return false;
  power_down(word == word_sleep ? Power::asleep : Power::idle);
  observe(word == word_sleep ? "sleep" : "idle");
  if (strikes(Fault::foreign_wake)) {
    wake();
    cursor_ = output_.size();
  }
  return true;
}

bool Chip::read(std::uint8_t address, std::span<std::uint8_t> out, Time now) {
  advance(now);
  vanished_ = strikes(Fault::vanish);
  if (vanished_ || address == 0 || transfer_refused(address) || !input_.empty()) return false;
  const bool cut = out.size() > 1 && strikes(Fault::short_read);
  std::fill(out.begin(), out.end(), std::uint8_t{0xFF});
  const std::size_t wanted = cut ? 1 : out.size();
  const std::size_t there = std::min(wanted, output_.size() - cursor_);
  std::copy_n(output_.begin() + static_cast<std::ptrdiff_t>(cursor_), there, out.begin());
  cursor_ += there;
  if (there > 0 && strikes(Fault::crc_error)) {
    const std::size_t bit = std::uniform_int_distribution<std::size_t>(0, 8 * there - 1)(random_);
    out[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
  }
  return true;
}

bool Chip::take(ByteView packet) {
  input_.insert(input_.end(), packet.begin(), packet.end());
  if (input_.empty()) return true;
  const std::size_t count = input_[0];
  const bool impossible = count < least_command || count > most_command;
  if (!impossible && input_.size() < count) return true;  // the rest comes with the next write
  if (!impossible) input_.resize(count);
  execute();
  return true;
}

bool Chip::strikes(Fault fault) {
  if (!faults_.strikes(fault)) return false;
  observe("fault", name(fault));
  return true;
}

void Chip::observe(std::string_view what, std::string_view name) {
  if (!settings_.observe) return;
  Event event;
  event.what = what;
  event.name = name;
  settings_.observe(event);
}

}  // namespace vouchgate::emulator::atecc608
