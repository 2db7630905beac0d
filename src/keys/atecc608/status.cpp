// One table of status codes. Sources: Microchip's public TNGTLS pages, 4.3 Status/Error Codes; cryptoauthlib's
// isATCAError() for its own names.
#include "status.hpp"

#include <algorithm>
#include <iterator>

namespace vouchgate::keys::atecc608 {
namespace {

struct Row {
  std::uint8_t status;
  int tries_left;
  Code code;
  const char* name;
  const char* reason;
  const char* hint;
};

constexpr const char* wiring = "check the chip's supply voltage, the pull-ups and what else talks on this bus";

constexpr Row rows[] = {
    {0x01, 0, Code::mismatch, "ATCA_CHECKMAC_VERIFY_FAILED 0xD1", "the chip found a value that does not match", ""},
    {0x03, 0, Code::unsupported, "ATCA_PARSE_ERROR 0xD2", "the chip does not know this command or its parameters",
     "'vouchgate atecc info' names the part; a feature may be switched off in its configuration"},
    {0x05, 1, Code::unavailable, "ATCA_STATUS_ECC 0xD6", "the chip failed at its arithmetic, twice",
     "a key that fails so each time is of no use: take another slot or chip"},
    {0x07, 0, Code::unavailable, "ATCA_STATUS_SELFTEST_ERROR 0xD7", "the chip failed its self-test and refuses to work",
     "switch its power off and on; a chip that fails again is broken"},
    {0x08, 1, Code::unavailable, "ATCA_HEALTH_TEST_ERROR 0xFA",
     "the chip's random numbers failed their test, also after a sleep",
     "switch its power off and on; a chip that fails again is broken"},
    {0x0F, 0, Code::unsupported, "ATCA_EXECUTION_ERROR 0xF4",
     "the chip refuses it in its present state: a lock, the slot's configuration or an empty slot forbids it",
     "'vouchgate atecc info' tells what is locked and what the slot may do"},
    {0x11, 2, Code::unavailable, "ATCA_WAKE_SUCCESS 0xF3",
     "the chip woke up anew in the middle: its supply collapsed, or the command did not reach it", wiring},
    {0xEE, 2, Code::unavailable, "ATCA_WATCHDOG_ABOUT_TO_EXPIRE 0xEE",
     "the chip's watchdog was about to expire, each time",
     "another program keeps the chip awake; 'fuser -v' on the bus names it"},
    {0xFF, 2, Code::unavailable, "ATCA_STATUS_CRC 0xD4", "the command arrived broken, each time", wiring},
};

std::string hexadecimal(std::uint8_t value) {
  constexpr char digits[] = "0123456789ABCDEF";
  return std::string("0x") + digits[value >> 4] + digits[value & 15];
}

Error failure(Code code, const std::string& where, const std::string& reason, const std::string& hint) {
  return {code, "key", where, reason, hint};
}

}  // namespace

int tries_left(std::uint8_t status) {
  const auto row = std::ranges::find(rows, status, &Row::status);
  return row == std::end(rows) ? 0 : row->tries_left;
}

Error error_of(std::uint8_t status, const std::string& where, const std::string& what) {
  const auto row = std::ranges::find(rows, status, &Row::status);
  if (row == std::end(rows))
    return failure(
        Code::unavailable, where,
        what + ": the chip answered with the unknown status " + hexadecimal(status) + " (ATCA_GEN_FAIL 0xE1)",
        "is it an ATECC508A or ATECC608?");
  return failure(row->code, where,
                 what + ": " + row->reason + " (status " + hexadecimal(status) + ", " + row->name + ")", row->hint);
}

Error wake_failed(const std::string& where) {
  return failure(Code::unavailable, where, "no chip answers there after a wake pulse (ATCA_WAKE_FAILED 0xD0)",
                 "'vouchgate atecc scan' finds chips; the bus has to run at 100 kHz, or the pulse is too short to wake "
                 "them");
}

Error not_taken(const std::string& where, const std::string& what) {
  return failure(Code::unavailable, where, what + ": the chip does not take the command (NACK, ATCA_TX_FAIL 0xF7)",
                 wiring);
}

Error no_answer(const std::string& where, const std::string& what) {
  return failure(Code::unavailable, where,
                 what + ": no answer within the time that the chip needs at most (ATCA_RX_NO_RESPONSE 0xE7)", wiring);
}

Error garbled(const std::string& where, const std::string& what) {
  return failure(Code::unavailable, where, what + ": the answer arrives broken each time (ATCA_RX_CRC_ERROR 0xE5)",
                 wiring);
}

Error bus_hangs(const std::string& where) {
  return failure(Code::timeout, where, "the bus hangs: each transfer lasts until the adapter gives up",
                 "a device holds SDA or SCL down, or they have no pull-ups: switch the power off and on; 'dmesg | grep "
                 "-i i2c'");
}

Error bus_gone(const std::string& where) {
  return failure(Code::unavailable, where, "the I2C adapter was unplugged or its driver is gone",
                 "the gateway goes on as soon as it is back; 'dmesg | grep -i i2c'");
}

Error out_of_time(const std::string& where, const std::string& what) {
  return failure(
      Code::timeout, where, what + ": not done within the time allowed",
      "another program kept the bus for most of it ('fuser -v' on the bus names it), or transfers fail and are "
      "repeated: wiring, supply voltage, pull-ups");
}

}  // namespace vouchgate::keys::atecc608
