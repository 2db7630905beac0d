// Which addresses chips answer at. Only reads: a write could change another kind of device.
#pragma once

#include <array>
#include <vector>

#include "bus.hpp"

namespace vouchgate::keys::atecc608 {

// 7 bit: blank parts, Trust&GO, TrustFLEX, development boards.
constexpr std::array<std::uint8_t, 5> usual_addresses{0x60, 0x35, 0x36, 0x58, 0x50};

// Those of usual_addresses that answer a wake pulse as these chips do, in that order. The bus is open; who answered
// stays awake until it is used or its watchdog expires.
Result<std::vector<std::uint8_t>> who_wakes(Bus& bus);

// Whether anything at all acknowledges there, chip or not. The bus is open.
Result<bool> occupied(Bus& bus, std::uint8_t address);

}  // namespace vouchgate::keys::atecc608
