// The holder on a device of another process: the adapter goes and comes back, and other programs take their turns.
#include <gmock/gmock.h>

#include <filesystem>
#include <thread>

#include "keys/atecc608/linux_i2c.hpp"
#include "keys/keeper.hpp"
#include "simulated_chip.hpp"
#include "temporary_directory.hpp"
#include "vouchgate/keys/atecc608.hpp"
#include "vouchgate/keys/keys.hpp"

namespace vouchgate::keys {
namespace {

using ::testing::HasSubstr;

class Atecc608Device : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test::SimulatedChip::possible()) GTEST_SKIP() << "the simulated chip mounts a file: root and /dev/fuse";
  }
  KeySettings settings_of(const test::SimulatedChip& chip, std::uint32_t address = 0x60) const {
    KeySettings out;
    out.holder = "atecc608";
    out.atecc608 = {.bus = chip.bus(), .address = address, .slot = 0};
    return out;
  }
};

TEST_F(Atecc608Device, signs_again_after_the_adapter_was_unplugged) {
  test::SimulatedChip chip("jwt-1-key");
  const auto keeper = keep(settings_of(chip), std::chrono::seconds(30));
  ASSERT_TRUE(keeper);
  const auto first = (*keeper)->sign(view("x"));
  ASSERT_TRUE(first) << first.error().text();
  const Bytes key = (*keeper)->info()->public_key_der;
  chip.stop();
  const auto refused = (*keeper)->sign(view("x"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::not_found) << refused.error().text();
  chip.start();
  const auto again = (*keeper)->sign(view("x"));
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ((*keeper)->info()->public_key_der, key);
}

TEST_F(Atecc608Device, a_chip_that_a_kernel_driver_holds_is_left_alone) {
  namespace fs = std::filesystem;
  test::SimulatedChip chip("jwt-1-key");
  const support::TemporaryDirectory sysfs;
  const fs::path client = fs::path(sysfs.path()) / "bus/i2c/devices/9-0060";
  fs::create_directories(client);
  fs::create_symlink("../../drivers/atmel-ecc", client / "driver");
  const Atecc608Settings at = settings_of(chip).atecc608;
  atecc608::LinuxI2c bus(at, sysfs.path());
  const auto refused = bus.open(std::chrono::seconds(10));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::busy);
  EXPECT_THAT(refused.error().line(), HasSubstr("the kernel's driver atmel-ecc holds the chip"));
  EXPECT_THAT(refused.error().hint, HasSubstr("echo 9-0060 > /sys/bus/i2c/drivers/atmel-ecc/unbind"));
  Atecc608Settings other = at;
  other.address = 0x35;
  EXPECT_TRUE(atecc608::LinuxI2c(other, sysfs.path()).open(std::chrono::seconds(10))) << "another address is free";
}

TEST_F(Atecc608Device, two_signers_at_once_never_disturb_each_other) {
  test::SimulatedChip chip("jwt-1-key");
  const auto work = [&] {
    const auto signer = open(settings_of(chip));
    for (int i = 0; signer && i < 8; ++i)
      if (!(*signer)->sign(view("x"))) return false;
    return signer.has_value();
  };
  bool other = false;
  std::thread thread([&] { other = work(); });
  EXPECT_TRUE(work());
  thread.join();
  EXPECT_TRUE(other);
}

TEST_F(Atecc608Device, is_looked_at_as_provisioning_and_checks_do) {
  test::SimulatedChip chip("trust-and-go");
  const Atecc608Settings at = settings_of(chip, 0x35).atecc608;
  const auto bus = atecc608::inspect_bus(at);
  ASSERT_TRUE(bus) << bus.error().text();
  EXPECT_TRUE(bus->plain_i2c);
  EXPECT_TRUE(bus->kernel_driver.empty());
  EXPECT_TRUE(atecc608::wake(at));
  const auto found = atecc608::scan(chip.bus());
  ASSERT_TRUE(found) << found.error().text();
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ(found->front().address, 0x35);
  EXPECT_EQ(vouchgate::atecc608::trust_platform(found->front().identity->config), "Trust&GO");
  EXPECT_EQ(atecc608::key_valid(at), true);
  EXPECT_TRUE(atecc608::time_signature(at));
  Atecc608Settings certificate = at;
  certificate.slot = 10;
  EXPECT_EQ(atecc608::read_slot(certificate)->size(), 72u);
  const auto opened = open(settings_of(chip, 0x35));
  ASSERT_TRUE(opened) << opened.error().text();
  EXPECT_EQ(*atecc608::public_key(at), (*opened)->info().public_key_der);
}

TEST_F(Atecc608Device, is_provisioned_from_blank_to_its_first_signature) {
  namespace zones = vouchgate::atecc608;
  test::SimulatedChip chip("blank");
  const KeySettings settings = settings_of(chip);
  const Atecc608Settings& at = settings.atecc608;
  const auto blank = atecc608::identify(at);
  ASSERT_TRUE(blank) << blank.error().text();
  const std::string serial = zones::serial(blank->config);
  EXPECT_THAT(create(settings).error().reason, HasSubstr("blank chip"));
  atecc608::Zone wanted = blank->config;
  zones::put(wanted, 0, zones::Slot::from(0x2081, 0x0033));
  const auto written = atecc608::write_config(at, serial, wanted);
  ASSERT_TRUE(written) << written.error().text();
  ASSERT_TRUE(atecc608::lock_config(at, serial, wanted));
  ASSERT_TRUE(atecc608::lock_data(at, serial, atecc608::Contents::fill));
  const auto made = create(settings);
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_TRUE((*made)->sign(view("x")));
  ASSERT_TRUE(atecc608::lock_slot(at, serial));
  EXPECT_TRUE((*made)->sign(view("x"))) << "a locked slot signs";
}

}  // namespace
}  // namespace vouchgate::keys
