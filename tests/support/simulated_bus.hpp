// The driver's bus on the simulated chip, with a clock that only waits and transfers turn. Never sleeps.
#pragma once

#include "emulator/atecc608/chip.hpp"
#include "keys/atecc608/bus.hpp"

namespace vouchgate::test {

// One adapter with one chip and one clock; buses are ways to it, as processes have them.
struct SimulatedAdapter {
  using State = emulator::atecc608::State;
  using Settings = emulator::atecc608::Settings;
  using Time = std::chrono::microseconds;

  explicit SimulatedAdapter(State state, Settings settings = {}) : bus_hz(settings.bus_hz), chip(state, settings) {}

  const std::uint32_t bus_hz;
  emulator::atecc608::Chip chip;
  Time now{};
  const void* owner = nullptr;  // the bus that is open
  unsigned transfers = 0;
  bool hangs = false;  // each transfer takes a second and ends in a NACK, as adapters with a stuck line do
};

class SimulatedBus : public keys::atecc608::Bus {
 public:
  explicit SimulatedBus(SimulatedAdapter& adapter) : adapter_(adapter) {}
  ~SimulatedBus() override { close(); }

  Result<void> open(Time patience) override {
    if (adapter_.owner != nullptr && adapter_.owner != this) {
      wait(patience);
      return fail(Code::busy, "key", "the simulated bus", "another program keeps the bus locked");
    }
    adapter_.owner = this;
    return {};
  }
  void close() override {
    if (adapter_.owner == this) adapter_.owner = nullptr;
  }
  Result<keys::atecc608::Transfer> write(std::uint8_t address, ByteView bytes) override {
    pass(bytes.size());
    return verdict(!adapter_.hangs && adapter_.chip.write(address, bytes, adapter_.now));
  }
  Result<keys::atecc608::Transfer> read(std::uint8_t address, std::span<std::uint8_t> out) override {
    // An address that nobody acknowledges ends the message there.
    const std::size_t asked = out.size();
    pass(adapter_.chip.power(adapter_.now) == emulator::atecc608::Power::awake ? asked : 0);
    return verdict(!adapter_.hangs && adapter_.chip.read(address, out, adapter_.now));
  }
  Time now() override { return adapter_.now; }
  void wait(Time time) override { adapter_.now += time; }

 private:
  void pass(std::size_t bytes) {
    ++adapter_.transfers;
    adapter_.now +=
        adapter_.hangs ? std::chrono::seconds(1) : emulator::atecc608::transfer_time(bytes, adapter_.bus_hz);
  }
  keys::atecc608::Transfer verdict(bool done) const {
    if (done) return keys::atecc608::Transfer::done;
    return !adapter_.hangs && adapter_.chip.vanished() ? keys::atecc608::Transfer::gone
                                                       : keys::atecc608::Transfer::nack;
  }
  SimulatedAdapter& adapter_;
};

}  // namespace vouchgate::test
