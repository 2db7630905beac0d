// Wakes the chip, has it work, puts it to sleep: windows of commands, tried again a bounded number of times. Never
// leaves the chip awake, and never waits beyond its deadline.
#pragma once

#include <string>
#include <vector>

#include "bus.hpp"
#include "frame.hpp"
#include "timing.hpp"

namespace vouchgate::keys::atecc608 {

class Chip {
 public:
  // `where` names bus and address in errors. The bus is open, and stays so.
  Chip(Bus& bus, std::uint8_t address, std::string where, Bus::Time deadline)
      : bus_(bus), address_(address), where_(std::move(where)), deadline_(deadline) {}

  const std::string& where() const { return where_; }

  void set_speed(Speed speed) { speed_ = speed; }

  // Runs the commands in order in one window, so that what one leaves in TempKey or the message buffer is there for
  // the next; a window that fails is run again as a whole. Their payloads, in order; empty for a status. Errors:
  // unavailable, timeout, unsupported (the chip refuses), or the bus's own.
  Result<std::vector<Bytes>> run(const std::vector<Command>& commands);

 private:
  struct Trouble {
    Error error;
    int tries_left = 0;
  };
  template <class T>
  using Attempt = tl::expected<T, Trouble>;

  Attempt<std::vector<Bytes>> window(const std::vector<Command>& commands);
  Attempt<void> wake();
  Attempt<Bytes> execute(const Command& command);
  Attempt<void> send(const Command& command);
  Attempt<Bytes> poll(const Command& command, std::size_t bytes);
  Attempt<Answer> answer_to(const Command& command);
  Attempt<Answer> read_again(std::size_t expected);
  Attempt<Bytes> judge(const Command& command, const Answer& answer) const;

  Attempt<bool> transferred(const Result<Transfer>& transfer) const;  // false: NACK
  Attempt<bool> write(std::uint8_t word);
  Attempt<bool> write(ByteView bytes);
  Attempt<bool> read(std::span<std::uint8_t> out);

  Bus::Time pause_before(int attempt) const;
  bool fits_in_window(const Command& command);
  Bus::Time patience(const Command& command);
  Bus::Time window_left() { return awake_since_ + window_budget - bus_.now(); }

  // The watchdog puts the chip to sleep 0.7 s after the wake pulse at the earliest (DS40001977, table 2-2).
  static constexpr Bus::Time window_budget = std::chrono::milliseconds(700);

  Bus& bus_;
  const std::uint8_t address_;
  const std::string where_;
  const Bus::Time deadline_;
  Speed speed_ = Speed::m2;  // the slowest, until the configuration is known; Info and Read do not depend on it
  Bus::Time awake_since_{};
};

}  // namespace vouchgate::keys::atecc608
