// Copies between this process and the one that called. Never touches a byte that the call did not name.
#include "caller_memory.hpp"

#include <algorithm>

namespace vouchgate::emulator::atecc608 {
namespace {

iovec range(std::uint64_t address, std::size_t size) { return {reinterpret_cast<void*>(address), size}; }

}  // namespace

bool ProcessMemory::fetch(std::uint64_t address, std::span<std::uint8_t> into) {
  if (into.empty()) return true;
  const iovec here{into.data(), into.size()}, there = range(address, into.size());
  return ::process_vm_readv(caller_, &here, 1, &there, 1, 0) == static_cast<ssize_t>(into.size());
}

// i2c-dev copies a read's buffer in as well, so a bad address fails before the bus is touched.
bool ProcessMemory::reserve(std::uint64_t address, std::size_t size) {
  Bytes there(size);
  return fetch(address, there);
}

bool ProcessMemory::store(std::uint64_t address, ByteView bytes) {
  if (bytes.empty()) return true;
  Bytes copy(bytes.begin(), bytes.end());  // writev wants it mutable
  const iovec here{copy.data(), copy.size()}, there = range(address, copy.size());
  return ::process_vm_writev(caller_, &here, 1, &there, 1, 0) == static_cast<ssize_t>(copy.size());
}

bool GatheredMemory::fetch(std::uint64_t address, std::span<std::uint8_t> into) {
  if (into.empty()) return true;
  wanted_in_.push_back(range(address, into.size()));
  if (in_.size() < into.size()) {
    wants_more_ = true;
    return false;
  }
  std::copy_n(in_.begin(), into.size(), into.begin());
  in_ = in_.subspan(into.size());
  return true;
}

bool GatheredMemory::reserve(std::uint64_t address, std::size_t size) {
  if (size == 0) return true;
  wanted_out_.push_back(range(address, size));
  wants_more_ = wants_more_ || out_size_ < size;
  return !wants_more_;
}

bool GatheredMemory::store(std::uint64_t, ByteView bytes) {
  out_.insert(out_.end(), bytes.begin(), bytes.end());
  return true;
}

}  // namespace vouchgate::emulator::atecc608
