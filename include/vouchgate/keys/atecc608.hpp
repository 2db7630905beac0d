// An ATECC508A or ATECC608 on a Linux I2C bus, for those who look at it or set it up. Each function has the bus for
// itself while it runs and leaves the chip asleep. Never asks back: who locks something has asked before.
//
// Errors of all: not_found, denied, busy (another program or a kernel driver has the bus), unsupported (no I2C there,
// or the chip refuses the command), unavailable (no answer, wiring, power), timeout. Their subject is bus and address.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "vouchgate/base/bytes.hpp"
#include "vouchgate/base/result.hpp"
#include "vouchgate/model/atecc608_zone.hpp"
#include "vouchgate/model/settings.hpp"

namespace vouchgate::keys::atecc608 {

using vouchgate::atecc608::Zone;

// The bus, without a word to the chip. A kernel driver that is bound to the address is no error here.
struct BusReport {
  std::string device;           // what `bus` is after following links
  unsigned long functions = 0;  // the answer to I2C_FUNCS
  bool plain_i2c = false;       // I2C_FUNC_I2C, which the chip needs
  std::string kernel_driver;    // bound to the address; empty: none
};
Result<BusReport> inspect_bus(const Atecc608Settings& settings);

// Wakes the chip and puts it to sleep again; the time that took.
Result<std::chrono::microseconds> wake(const Atecc608Settings& settings);

struct Identity {
  Bytes revision;  // four bytes, by Info; vouchgate::atecc608::part_name() spells it
  Zone config{};   // serial, locks, slots: vouchgate/model/atecc608_zone.hpp reads it
};
Result<Identity> identify(const Atecc608Settings& settings);  // error besides: unsupported (another kind of chip)

// All chips that answer at the addresses where such chips are found, in order. None is no error.
struct Found {
  std::uint8_t address = 0;   // 7 bit
  Result<Identity> identity;  // or any error of identify()
};
Result<std::vector<Found>> scan(const std::string& bus);

// Whether a private key is in the slot. The chip tells only once its configuration is locked.
Result<bool> key_valid(const Atecc608Settings& settings);
// SubjectPublicKeyInfo of the slot's key.
Result<Bytes> public_key(const Atecc608Settings& settings);
// How long one signature takes from wake to sleep, waiting for the bus not counted.
Result<std::chrono::microseconds> time_signature(const Atecc608Settings& settings);

// Writes the words that differ, as far as the chip lets itself be written (vouchgate::atecc608::writable_word), and
// reads them back. May be repeated after an interruption. Errors: mismatch (the chip's serial is not `serial`, it is
// locked already, or another device answers at the address it is to have), corrupt (what was read back differs).
Result<void> write_config(const Atecc608Settings& settings, const std::string& serial, const Zone& wanted);

// The steps that nothing undoes. A step that was done before is no error: an interruption may have swallowed the
// answer. The chip itself compares the CRC over the whole zone, so it locks what `expected` says or not at all. Errors:
// mismatch (another serial, or the zone is not `expected`).
Result<void> lock_config(const Atecc608Settings& settings, const std::string& serial, const Zone& expected);
// Data slots and OTP. fill: first writes every slot that holds no private key, and OTP, so that the chip can compare
// the CRC over them: 0xFF, and random bytes that nobody keeps where the content is secret. What was there is lost.
// keep: locks whatever they hold, unchecked. Errors besides: unsupported (fill: a slot is locked already), corrupt (the
// chip found another CRC and did not lock).
enum class Contents { fill, keep };
Result<void> lock_data(const Atecc608Settings& settings, const std::string& serial, Contents contents);
// The slot that the settings name: its key can never be made anew.
Result<void> lock_slot(const Atecc608Settings& settings, const std::string& serial);

// The whole of a data slot, vouchgate::atecc608::slot_bytes(); one whose content is secret is refused by the chip.
Result<Bytes> read_slot(const Atecc608Settings& settings);

}  // namespace vouchgate::keys::atecc608
