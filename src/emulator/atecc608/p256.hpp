// Keys and signatures on NIST P-256 in the chip's byte order. Never keeps a key.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "vouchgate/base/bytes.hpp"

namespace vouchgate::emulator::atecc608 {

using Scalar = std::array<std::uint8_t, 32>;  // big-endian
using Point = std::array<std::uint8_t, 64>;   // X, Y; also R, S

std::optional<Scalar> make_scalar();
std::optional<Point> public_point(const Scalar& key);  // nothing unless 0 < key < order
std::optional<Point> sign(const Scalar& key, ByteView digest);
// Nothing if the point is not on the curve.
std::optional<bool> verify(ByteView point, ByteView digest, ByteView signature);

std::array<std::uint8_t, 32> sha256(ByteView bytes);
bool random_bytes(std::span<std::uint8_t> out);

}  // namespace vouchgate::emulator::atecc608
