// The two ways to a caller's memory: read and written where it lies, or handed over by the kernel in rounds. Never
// keeps any of it.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <vector>

#include "adapter.hpp"

namespace vouchgate::emulator::atecc608 {

// By process_vm_readv and writev: needs the right to trace the process.
class ProcessMemory : public CallerMemory {
 public:
  explicit ProcessMemory(pid_t caller) : caller_(caller) {}
  bool fetch(std::uint64_t address, std::span<std::uint8_t> into) override;
  bool reserve(std::uint64_t address, std::size_t size) override;
  bool store(std::uint64_t address, ByteView bytes) override;

 private:
  pid_t caller_;
};

// CUSE's unrestricted ioctls: each round brings what the round before it asked for, so that the same call is worked on
// again from its start until nothing is missing. Only then does anything happen.
class GatheredMemory : public CallerMemory {
 public:
  // in: the bytes of all ranges asked for so far, one behind the other. out_size: room for what goes back.
  GatheredMemory(ByteView in, std::size_t out_size) : in_(in), out_size_(out_size) {}
  bool fetch(std::uint64_t address, std::span<std::uint8_t> into) override;
  bool reserve(std::uint64_t address, std::size_t size) override;
  bool store(std::uint64_t address, ByteView bytes) override;

  bool wants_more() const { return wants_more_; }
  const std::vector<iovec>& wanted_in() const { return wanted_in_; }
  const std::vector<iovec>& wanted_out() const { return wanted_out_; }
  const Bytes& out() const { return out_; }  // once nothing is wanted

 private:
  ByteView in_;
  std::size_t out_size_;
  std::vector<iovec> wanted_in_, wanted_out_;
  Bytes out_;
  bool wants_more_ = false;
};

}  // namespace vouchgate::emulator::atecc608
