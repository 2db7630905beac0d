// What a data zone is filled with before it is locked, so that the chip's CRC can vouch for every byte of it: until the
// lock nothing in it can be read, so its contents are known only to whoever wrote them all. Never talks to a chip.
#pragma once

#include <array>
#include <cstdint>

#include "vouchgate/base/result.hpp"
#include "vouchgate/model/atecc608_zone.hpp"

namespace vouchgate::keys::atecc608 {

struct Filling {
  // vouchgate::atecc608::slot_bytes() each; empty: a private key's, which neither Write nor the CRC touches
  std::array<Bytes, vouchgate::atecc608::slots> slots;
  Bytes otp;  // 64 bytes
};

// 0xFF, as erased memory reads. Where a slot's content is secret, random bytes that nobody keeps: a key that everybody
// knows would be worse than none. Errors: unsupported (a slot is locked already), internal (no random numbers).
Result<Filling> filling(const vouchgate::atecc608::Zone& config);

// What Lock compares: slots 0 to 15 without the private ones, then OTP.
std::uint16_t crc_of(const Filling& filling);

}  // namespace vouchgate::keys::atecc608
