// The ioctls of i2c-dev over a simulated chip, at the pace of a real bus. Never lets the chip see a call that a kernel
// would refuse.
#include "adapter.hpp"

#include <linux/i2c-dev.h>
#include <linux/i2c.h>

#include <algorithm>
#include <vector>

namespace vouchgate::emulator::atecc608 {
namespace {

constexpr std::size_t longest_message = 8192;  // of i2c-dev
constexpr unsigned highest_address = 0x7F;

template <class T>
std::span<std::uint8_t> raw(T* first, std::size_t count) {
  return {reinterpret_cast<std::uint8_t*>(first), count * sizeof(T)};
}

}  // namespace

std::uint64_t Adapter::open() {
  files_[++opened_] = {};
  return opened_;
}

// When a transfer that begins now is so many bytes behind its address; never before what the chip has seen.
Time Adapter::moment(std::size_t bytes) const {
  return std::max(last_, settings_.clock() + transfer_time(bytes, settings_.bus_hz));
}

bool Adapter::vanished() const {
  return std::any_of(chips_.begin(), chips_.end(), [](const Chip* chip) { return chip->vanished(); });
}

int Adapter::ended(bool acknowledged, std::size_t size, Time begun) {
  if (vanished())
    for (auto& each : files_) each.second.plugged = false;
  if (!acknowledged) size = 0;  // the master stops behind the address byte
  settings_.wait_until(begun + transfer_time(size, settings_.bus_hz));
  if (vanished()) return -ENODEV;
  return acknowledged ? static_cast<int>(size) : -settings_.nack_errno;
}

int Adapter::send(std::uint16_t address, ByteView bytes) {
  const Time begun = settings_.clock(), addressed = moment(0), stop = moment(bytes.size());
  bool acknowledged = false;
  for (Chip* chip : chips_)
    acknowledged = chip->write(static_cast<std::uint8_t>(address), bytes, addressed, stop) || acknowledged;
  last_ = acknowledged ? stop : addressed;
  return ended(acknowledged, bytes.size(), begun);
}

// Whether the chip is ready counts at the address byte, not at the end.
int Adapter::receive(std::uint16_t address, std::span<std::uint8_t> out) {
  const Time begun = settings_.clock();
  last_ = moment(0);
  bool acknowledged = false;
  Bytes one(out.size());
  std::fill(out.begin(), out.end(), std::uint8_t{0xFF});
  for (Chip* chip : chips_) {
    if (!chip->read(static_cast<std::uint8_t>(address), one, last_)) continue;
    acknowledged = true;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] &= one[i];  // who sends a 0 pulls the line down
  }
  return ended(acknowledged, out.size(), begun);
}

int Adapter::read(std::uint64_t id, std::span<std::uint8_t> out) {
  const OpenFile& file = files_.at(id);
  if (!file.plugged) return -ENODEV;
  return settings_.smbus_only ? -EOPNOTSUPP : receive(file.target, out.first(std::min(out.size(), longest_message)));
}

int Adapter::write(std::uint64_t id, ByteView bytes) {
  const OpenFile& file = files_.at(id);
  if (!file.plugged) return -ENODEV;
  return settings_.smbus_only ? -EOPNOTSUPP : send(file.target, bytes.first(std::min(bytes.size(), longest_message)));
}

int Adapter::functions(std::uint64_t argument, CallerMemory& memory) const {
  unsigned long bits = settings_.smbus_only ? I2C_FUNC_SMBUS_BYTE : I2C_FUNC_I2C;
  if (!memory.reserve(argument, sizeof bits)) return -EFAULT;
  return memory.store(argument, raw(&bits, 1)) ? 0 : -EFAULT;
}

int Adapter::message(std::uint16_t address, bool reads, std::uint64_t at, std::size_t size, CallerMemory& memory) {
  Bytes bytes(size);
  if (!(reads ? memory.reserve(at, size) : memory.fetch(at, bytes))) return -EFAULT;
  const int result = reads ? receive(address, bytes) : send(address, bytes);
  if (result < 0) return result;
  return !reads || memory.store(at, bytes) ? 1 : -EFAULT;
}

int Adapter::messages(std::uint64_t argument, CallerMemory& memory) {
  i2c_rdwr_ioctl_data request{};
  if (!memory.fetch(argument, raw(&request, 1))) return -EFAULT;
  if (request.msgs == nullptr || request.nmsgs == 0 || request.nmsgs > I2C_RDWR_IOCTL_MAX_MSGS) return -EINVAL;
  std::vector<i2c_msg> all(request.nmsgs);
  if (!memory.fetch(reinterpret_cast<std::uintptr_t>(request.msgs), raw(all.data(), all.size()))) return -EFAULT;
  for (const i2c_msg& each : all)
    if (each.len > longest_message || each.addr > highest_address) return -EINVAL;
  const i2c_msg& first = all.front();
  if (settings_.smbus_only || (first.flags & ~I2C_M_RD) != 0) return -EOPNOTSUPP;
  // Without a STOP between two messages the chip has not begun, and does not answer the second.
  if (all.size() > 1) return -settings_.nack_errno;
  return message(first.addr, (first.flags & I2C_M_RD) != 0, reinterpret_cast<std::uintptr_t>(first.buf), first.len,
                 memory);
}

int Adapter::ioctl(std::uint64_t id, unsigned request, std::uint64_t argument, CallerMemory& memory) {
  OpenFile& file = files_.at(id);
  if (!file.plugged) return -ENODEV;
  switch (request) {
    case I2C_SLAVE:
    case I2C_SLAVE_FORCE:
      if (argument > highest_address) return -EINVAL;
      file.target = static_cast<std::uint16_t>(argument);
      return 0;
    case I2C_RETRIES:
    case I2C_TIMEOUT: return 0;
    case I2C_TENBIT: return argument == 0 ? 0 : -EINVAL;
    case I2C_FUNCS: return functions(argument, memory);
    case I2C_RDWR: return messages(argument, memory);
    default: return -ENOTTY;
  }
}

}  // namespace vouchgate::emulator::atecc608
