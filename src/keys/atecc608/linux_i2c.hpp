// An adapter behind /dev/i2c-N. Opened for one use and closed after it: an open descriptor would keep an adapter that
// was unplugged from going away. Never changes what others see of the adapter.
#pragma once

#include <string>

#include "bus.hpp"
#include "vouchgate/keys/atecc608.hpp"

namespace vouchgate::keys::atecc608 {

class LinuxI2c : public Bus {
 public:
  explicit LinuxI2c(const Atecc608Settings& settings, std::string sysfs = "/sys");
  ~LinuxI2c() override { close(); }
  LinuxI2c(const LinuxI2c&) = delete;
  LinuxI2c& operator=(const LinuxI2c&) = delete;

  Result<void> open(Time patience) override;
  void close() override;
  Result<Transfer> write(std::uint8_t address, ByteView bytes) override;
  Result<Transfer> read(std::uint8_t address, std::span<std::uint8_t> out) override;
  Time now() override;
  void wait(Time time) override;

  // Of an adapter that can be opened; closed again after it.
  Result<BusReport> inspect();

 private:
  Result<void> open_device();
  Result<void> lock(Time patience);
  Result<BusReport> report() const;
  Result<Transfer> transfer(std::uint8_t address, std::uint16_t flags, std::uint8_t* bytes, std::size_t size);
  std::string where() const;

  const std::string path_;
  const std::uint8_t address_;
  const std::string sysfs_;
  int file_ = -1;
};

// What I2C_RDWR with one message says by the number of messages done, below 0 by errno; nullopt: nothing that a
// repetition mends.
// Source: Linux Documentation/i2c/fault-codes.rst; adapters disagree on what a missing acknowledgement is.
std::optional<Transfer> transfer_of(int returned, int error_number);

}  // namespace vouchgate::keys::atecc608
