// An I2C adapter with its chips, spoken to as Linux's i2c-dev is. Never knows how the calls reach it.
#pragma once

#include <cerrno>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <vector>

#include "chip.hpp"

namespace vouchgate::emulator::atecc608 {

// The memory of the process that called ioctl. False: the bytes cannot be had, or not in this round; then the call is
// ended without effect.
class CallerMemory {
 public:
  virtual ~CallerMemory() = default;
  virtual bool fetch(std::uint64_t address, std::span<std::uint8_t> into) = 0;
  virtual bool reserve(std::uint64_t address, std::size_t size) = 0;  // before the effect, for each store() after it
  virtual bool store(std::uint64_t address, ByteView bytes) = 0;
};

struct AdapterSettings {
  std::uint32_t bus_hz = 100'000;
  int nack_errno = ENXIO;
  bool smbus_only = false;  // lacks I2C_FUNC_I2C, as i2c-stub
  std::function<Time()> clock;
  std::function<void(Time)> wait_until;
};

class Adapter {
 public:
  explicit Adapter(AdapterSettings settings) : settings_(std::move(settings)) {}
  void add(Chip& chip) { chips_.push_back(&chip); }  // on the same bus: a wake pulse reaches all of them

  std::uint64_t open();  // the file that the others name
  void release(std::uint64_t file) { files_.erase(file); }
  // Each returns what the system call does, or -errno. A file that was open when the adapter vanished stays dead.
  int ioctl(std::uint64_t file, unsigned request, std::uint64_t argument, CallerMemory& memory);
  int read(std::uint64_t file, std::span<std::uint8_t> out);
  int write(std::uint64_t file, ByteView bytes);

 private:
  struct OpenFile {
    std::uint16_t target = 0;  // of I2C_SLAVE, for read and write
    bool plugged = true;
  };
  int functions(std::uint64_t argument, CallerMemory& memory) const;
  int messages(std::uint64_t argument, CallerMemory& memory);
  int message(std::uint16_t address, bool reads, std::uint64_t at, std::size_t size, CallerMemory& memory);
  int receive(std::uint16_t address, std::span<std::uint8_t> out);
  int send(std::uint16_t address, ByteView bytes);
  int ended(bool acknowledged, std::size_t size, Time begun);
  bool vanished() const;
  Time moment(std::size_t bytes) const;

  std::vector<Chip*> chips_;
  AdapterSettings settings_;
  Time last_{};  // what the chip has seen
  std::map<std::uint64_t, OpenFile> files_;
  std::uint64_t opened_ = 0;
};

}  // namespace vouchgate::emulator::atecc608
