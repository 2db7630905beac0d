// Each verdict on an ATECC608 and its bus as a function of its facts.
#include <gmock/gmock.h>

#include "cli/check/chip_checks.hpp"

namespace vouchgate::cli::check {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;
namespace zones = vouchgate::atecc608;

void expect(const Finding& found, Verdict verdict, const char* part) {
  EXPECT_STREQ(word(found.verdict), word(verdict)) << found.what;
  EXPECT_THAT(found.what, HasSubstr(part));
  const bool bad = verdict == Verdict::warning || verdict == Verdict::failed;
  EXPECT_EQ(!found.hint.empty(), bad) << found.what;
}

keys::atecc608::Identity locked_608b(std::uint16_t slot_config = 0x2081, std::uint16_t key_config = 0x0033) {
  keys::atecc608::Identity out;
  out.revision = {0, 0, 0x60, 0x03};
  out.config[0] = 0x01;
  out.config[1] = 0x23;
  out.config[6] = 0x60;
  out.config[7] = 0x03;
  out.config[8 + 4] = 0xEE;
  out.config[16] = 0xC0;
  out.config[88] = out.config[89] = 0xFF;
  zones::put(out.config, 0, zones::Slot::from(slot_config, key_config));
  return out;
}

TEST(ChipChecks, user_groups) {
  const Account user{"vouchgate", 7, {7}};
  const Account member{"vouchgate", 7, {7, 44}};
  const Seen bus{Seen::Kind::device, 0, 44, 0660};
  const char* path = "/dev/i2c-1";
  expect(judge_bus_access(member, path, bus, "i2c"), Verdict::ok, "vouchgate may open /dev/i2c-1 (group i2c)");
  expect(judge_bus_access(user, path, bus, "i2c"), Verdict::warning, "vouchgate is not in group i2c");
  expect(judge_bus_access(user, path, bus, "root"), Verdict::failed, "group root may open it");
  expect(judge_bus_access({"root", 0, {0}}, path, bus, "i2c"), Verdict::ok, "root");
  expect(judge_bus_access(user, path, {}, ""), Verdict::skipped, "is not there");
  EXPECT_EQ(judge_bus_access(user, path, bus, "i2c").repairs.front().text(), "add vouchgate to group i2c");
}

TEST(ChipChecks, the_bus) {
  const keys::atecc608::BusReport good{"/dev/i2c-1", 0x0fff8001, true, ""};
  const keys::atecc608::BusReport smbus{"/dev/i2c-1", 0x0c7f0000, false, ""};
  const keys::atecc608::BusReport held{"/dev/i2c-1", 0x0fff8001, true, "atmel-ecc"};
  const Bus none = fail(Code::not_found, "key", "/dev/i2c-7", "there is no such I2C bus");
  expect(judge_bus(good), Verdict::ok, "/dev/i2c-1");
  expect(judge_bus(none), Verdict::failed, "/dev/i2c-7: there is no such I2C bus");
  expect(judge_bus_functions(good), Verdict::ok, "0xfff8001");
  expect(judge_bus_functions(smbus), Verdict::failed, "speaks SMBus only");
  expect(judge_bus_driver(good, 0x60), Verdict::ok, "no kernel driver is bound to 0x60");
  expect(judge_bus_driver(held, 0x60), Verdict::failed, "atmel-ecc holds 0x60");
}

TEST(ChipChecks, the_chip) {
  auto blank = locked_608b();
  blank.config[86] = blank.config[87] = 0x55;
  auto half = locked_608b();
  half.config[86] = 0x55;
  const Chip silent = fail(Code::unavailable, "key", "/dev/i2c-1 0x60", "no chip answers there");
  expect(judge_revision(locked_608b()), Verdict::ok, "ATECC608B 0123");
  expect(judge_revision(silent), Verdict::failed, "no chip answers there");
  expect(judge_locks(locked_608b()), Verdict::ok, "are locked");
  expect(judge_locks(blank), Verdict::failed, "a blank chip");
  expect(judge_locks(half), Verdict::failed, "the data zone is not locked");
  expect(judge_slot(locked_608b(), 0), Verdict::ok, "slot 0 signs");
  expect(judge_slot(locked_608b(), 0), Verdict::ok, "whoever opens the bus can make its key anew");
  auto kept = locked_608b();
  kept.config[88] = 0xFE;
  expect(judge_slot(kept, 0), Verdict::ok, "its key stays for ever");
  auto trust = locked_608b(0x0085, 0x0053);  // slot 0 as Microchip ships it: no GenKey, and no lock either
  trust.config[12] = 0x01, trust.config[16] = 0x6A;
  expect(judge_slot(trust, 0), Verdict::ok, "its key stays for ever");
  expect(judge_slot(locked_608b(0x0F0F, 0x003C), 0), Verdict::failed, "slot 0: ");
  EXPECT_THAT(judge_slot(locked_608b(), 8).hint, StartsWith("key.atecc608.slot: 0 could hold the key"));
  EXPECT_THAT(judge_locks(blank).hint, HasSubstr("vouchgate atecc info"));
}

TEST(ChipChecks, times) {
  expect(judge_wake(milliseconds(3), {}), Verdict::ok, "3.0 ms");
  const Error silent{Code::unavailable, "key", "/dev/i2c-1 0x60", "no chip answers there", "look around"};
  expect(judge_wake(fail(silent), {}), Verdict::failed, "no chip answers there");
  EXPECT_EQ(judge_wake(fail(silent), {0x35}).hint, "a chip answers at 0x35: key.atecc608.address");
  expect(judge_timing(milliseconds(70)), Verdict::ok, "one signature in 70.0 ms");
  expect(judge_timing(milliseconds(900)), Verdict::warning, "900.0 ms");
  expect(judge_timing(fail(Code::busy, "key", "/dev/i2c-1", "locked")), Verdict::failed, "locked");
}

}  // namespace
}  // namespace vouchgate::cli::check
