// A file descriptor that closes itself. Never duplicates one.
#pragma once

#include <unistd.h>

#include <utility>

namespace vouchgate::emulator::atecc608 {

struct Descriptor {
  int value = -1;
  explicit Descriptor(int opened) : value(opened) {}
  Descriptor(Descriptor&& other) noexcept : value(std::exchange(other.value, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value, other.value);
    return *this;
  }
  ~Descriptor() {
    if (value >= 0) ::close(value);
  }
};

}  // namespace vouchgate::emulator::atecc608
