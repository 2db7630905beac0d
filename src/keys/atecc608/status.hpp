// What the chip's one-byte answers mean, what to do about each, and the sentence for people. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "vouchgate/base/result.hpp"

namespace vouchgate::keys::atecc608 {

constexpr std::uint8_t status_ok = 0x00;
constexpr std::uint8_t status_woken = 0x11;
constexpr std::uint8_t status_self_test_failed = 0x07;

// How many further tries of the whole window are worth it after this answer.
constexpr int most_tries = 3;
int tries_left(std::uint8_t status);

// "key: /dev/i2c-1 0x60: Sign: ... (status 0x0F, ATCA_EXECUTION_ERROR 0xF4)": the names are those of Microchip's
// cryptoauthlib, which is what people search the web for. `where` is bus and address, `what` the command.
Error error_of(std::uint8_t status, const std::string& where, const std::string& what);

// Failures that are none of the chip's words.
Error wake_failed(const std::string& where);                           // nobody acknowledged after the wake pulse
Error not_taken(const std::string& where, const std::string& what);    // awake, and did not acknowledge a command
Error no_answer(const std::string& where, const std::string& what);    // busy for longer than the command may last
Error garbled(const std::string& where, const std::string& what);      // neither the CRC nor the length hold
Error bus_hangs(const std::string& where);                             // the adapter cannot move its lines
Error bus_gone(const std::string& where);                              // the adapter was unplugged
Error out_of_time(const std::string& where, const std::string& what);  // our caller's limit, not the chip's

}  // namespace vouchgate::keys::atecc608
