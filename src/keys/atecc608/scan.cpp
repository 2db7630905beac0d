// One pulse wakes all chips on the bus; each says so once, at its address.
#include "scan.hpp"

#include "frame.hpp"
#include "status.hpp"

namespace vouchgate::keys::atecc608 {
namespace {

constexpr std::chrono::milliseconds longest_wake(25);  // with the power-on self-test

Result<bool> answers(Bus& bus, std::uint8_t address) {
  std::array<std::uint8_t, status_frame> raw{};
  const auto got = bus.read(address, raw);
  if (!got) return fail(got.error());
  return *got == Transfer::done && read_answer(raw, 1).kind == Answer::Kind::status;
}

void wake_all(Bus& bus) {
  constexpr std::uint8_t zero = 0;
  static_cast<void>(bus.write(0, ByteView(&zero, 1)));
  bus.wait(longest_wake);
}

}  // namespace

Result<bool> occupied(Bus& bus, std::uint8_t address) {
  wake_all(bus);
  std::array<std::uint8_t, status_frame> raw{};
  const auto got = bus.read(address, raw);
  if (!got) return fail(got.error());
  return *got == Transfer::done;
}

Result<std::vector<std::uint8_t>> who_wakes(Bus& bus) {
  wake_all(bus);
  std::vector<std::uint8_t> out;
  for (const std::uint8_t address : usual_addresses) {
    const auto chip = answers(bus, address);
    if (!chip) return fail(chip.error());
    if (*chip) out.push_back(address);
  }
  return out;
}

}  // namespace vouchgate::keys::atecc608
