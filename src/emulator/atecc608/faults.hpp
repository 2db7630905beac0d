// What goes wrong on order: each fault by a count or by chance, repeatable by a seed, counted. Never acts by itself.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <random>
#include <string_view>

namespace vouchgate::emulator::atecc608 {

// The occasion on which each may strike stands behind it.
enum class Fault : std::uint8_t {
  nack,          // a transfer that would have been acknowledged
  crc_error,     // a read: one bit arrives wrong; reading again shows the true bytes
  noisy_write,   // a command: one bit arrives wrong at the chip
  short_read,    // a read of more than one byte: only the first arrives, the rest is FF
  lost_wake,     // a wake pulse: not noticed
  brown_out,     // a command: reset while it ran, not done, a key being made is lost; the answer is 0x11
  lost_reply,    // a command: done, then reset; the answer is 0x11
  ecc_fault,     // GenKey, Sign, Verify: 0x05
  rng_failure,   // a command that needs random numbers: 0x08, now and until the chip has slept
  watchdog,      // a command: 0xEE, now and until the chip idles or sleeps
  stuck_busy,    // a command: never ends; the watchdog does
  self_test,     // a wake: 0x07 to everything until SelfTest has run
  foreign_wake,  // sleep or idle: other traffic wakes the chip at once, and its answer is already read
  vanish,        // a transfer: the adapter itself is gone
};
constexpr std::size_t fault_count = 14;

std::string_view name(Fault fault);  // as above
std::optional<Fault> fault_named(std::string_view name);

class Faults {
 public:
  explicit Faults(std::uint64_t seed) : random_(seed) {}

  // The next `count` occasions after `skip` more of them.
  void inject(Fault fault, std::uint64_t count = 1, std::uint64_t skip = 0);
  // Each occasion with this probability, 0..1, from now on; comes on top of what inject() ordered.
  void chance(Fault fault, double probability);
  // The same for all that a driver can get over: neither vanish nor self_test. "1 % of everything" is one line.
  void chance_of_everything(double probability);
  void clear();  // orders and chances; the counts stay

  std::uint64_t injected(Fault fault) const { return of(fault).injected; }
  std::uint64_t injected() const;  // of all kinds

  // The chip's question at an occasion.
  bool strikes(Fault fault);

 private:
  struct Order {
    std::uint64_t skip = 0, count = 0, injected = 0;
    double probability = 0;
  };
  Order& of(Fault fault) { return orders_[static_cast<std::size_t>(fault)]; }
  const Order& of(Fault fault) const { return orders_[static_cast<std::size_t>(fault)]; }

  std::mt19937_64 random_;
  std::array<Order, fault_count> orders_;
};

}  // namespace vouchgate::emulator::atecc608
