// Keeps the orders for faults and rolls the dice. Never strikes without an order or a chance.
#include "faults.hpp"

namespace vouchgate::emulator::atecc608 {
namespace {

constexpr std::array<std::string_view, fault_count> names{
    "nack",      "crc_error",   "noisy_write", "short_read", "lost_wake", "brown_out",    "lost_reply",
    "ecc_fault", "rng_failure", "watchdog",    "stuck_busy", "self_test", "foreign_wake", "vanish"};

}  // namespace

std::string_view name(Fault fault) { return names[static_cast<std::size_t>(fault)]; }

std::optional<Fault> fault_named(std::string_view wanted) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == wanted) return static_cast<Fault>(i);
  return std::nullopt;
}

void Faults::inject(Fault fault, std::uint64_t count, std::uint64_t skip) {
  of(fault).count = count;
  of(fault).skip = skip;
}

void Faults::chance(Fault fault, double probability) { of(fault).probability = probability; }

void Faults::chance_of_everything(double probability) {
  for (std::size_t i = 0; i < fault_count; ++i)
    if (const Fault fault = static_cast<Fault>(i); fault != Fault::vanish && fault != Fault::self_test)
      chance(fault, probability);
}

void Faults::clear() {
  for (Order& order : orders_) order = Order{0, 0, order.injected, 0};
}

std::uint64_t Faults::injected() const {
  std::uint64_t sum = 0;
  for (const Order& order : orders_) sum += order.injected;
  return sum;
}

bool Faults::strikes(Fault fault) {
  Order& order = of(fault);
  bool now = false;
  if (order.skip > 0)
    --order.skip;
  else if (order.count > 0) {
    --order.count;
    now = true;
  }
  // Drawn only where a chance was given, so that an order does not shift the dice of the others.
  if (!now && order.probability > 0) now = std::uniform_real_distribution<>(0, 1)(random_) < order.probability;
  order.injected += now ? 1 : 0;
  return now;
}

}  // namespace vouchgate::emulator::atecc608
