// What is between the driver and the chip on Linux: errnos, locks, and the sentence for each way to have the wrong bus.
// Needs no I2C.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "keys/atecc608/linux_i2c.hpp"
#include "keys/atecc608/place.hpp"
#include "temporary_directory.hpp"
#include "vouchgate/keys/keys.hpp"

namespace vouchgate::keys::atecc608 {
namespace {

using ::testing::HasSubstr;

class Atecc608Linux : public ::testing::Test {
 protected:
  Atecc608Linux() { std::ofstream(settings.bus) << ""; }
  Error refusal() {
    LinuxI2c bus(settings);
    const auto opened = bus.open(std::chrono::milliseconds(20));
    return opened ? Error{} : opened.error();
  }
  support::TemporaryDirectory directory;
  Atecc608Settings settings{.bus = directory.path() + "/i2c-9", .address = 0x60, .slot = 0};
};

TEST_F(Atecc608Linux, a_bus_that_is_not_there_is_named) {
  settings.bus = "/dev/i2c-4711";
  EXPECT_EQ(refusal().code, Code::not_found);
  EXPECT_EQ(refusal().line(), "key: /dev/i2c-4711: there is no such I2C bus");
  EXPECT_THAT(refusal().hint, HasSubstr("i2c-dev"));
}

TEST_F(Atecc608Linux, a_file_or_directory_that_is_no_bus_is_named) {
  EXPECT_EQ(refusal().code, Code::unsupported);
  const Atecc608Settings folder{.bus = directory.path(), .address = 0x60, .slot = 0};
  EXPECT_THAT(LinuxI2c(folder).open({}).error().line(), HasSubstr(folder.bus + ": is no I2C bus"));
  EXPECT_THAT(refusal().line(), HasSubstr(settings.bus + ": is no I2C bus"));
}

TEST_F(Atecc608Linux, without_permission_names_the_user_and_the_group) {
  ::chmod(settings.bus.c_str(), 0);
  ::chmod(directory.path().c_str(), 0755);
  constexpr uid_t nobody = 65534;
  const bool root = ::geteuid() == 0;
  ASSERT_TRUE(!root || ::seteuid(nobody) == 0);
  const Error refused = refusal();
  ASSERT_TRUE(!root || ::seteuid(0) == 0);
  EXPECT_EQ(refused.code, Code::denied);
  EXPECT_THAT(refused.line(), HasSubstr("permission denied for user "));
  EXPECT_THAT(refused.hint, HasSubstr("a udev rule gives it to group i2c")) << "group root would not be enough";
}

TEST_F(Atecc608Linux, the_group_that_may_open_the_bus_is_the_one_to_join) {
  if (::geteuid() != 0) GTEST_SKIP() << "gives a file away";
  constexpr gid_t daemon_group = 1;
  ASSERT_EQ(::chown(settings.bus.c_str(), 0, daemon_group), 0);
  ::chmod(settings.bus.c_str(), 0660);
  ::chmod(directory.path().c_str(), 0755);
  ASSERT_EQ(::seteuid(65534), 0);
  const Error refused = refusal();
  ASSERT_EQ(::seteuid(0), 0);
  EXPECT_EQ(refused.code, Code::denied);
  EXPECT_THAT(refused.hint, HasSubstr("usermod -aG daemon nobody"));
}

TEST_F(Atecc608Linux, waits_for_another_program_and_not_for_ever) {
  const int other = ::open(settings.bus.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::flock(other, LOCK_EX), 0);
  const Error refused = refusal();
  EXPECT_EQ(refused.code, Code::busy);
  EXPECT_THAT(refused.line(), HasSubstr("another program keeps the bus locked"));
  ::close(other);  // as when it dies
  EXPECT_EQ(refusal().code, Code::unsupported) << "the lock is free: now it is seen to be no bus";
}

TEST_F(Atecc608Linux, an_adapter_for_smbus_only_and_a_kernel_driver_are_named) {
  EXPECT_THAT(no_plain_i2c("/dev/i2c-1", 0xc7f0000).line(),
              HasSubstr("speaks SMBus only (I2C_FUNCS 0xc7f0000 lacks I2C_FUNC_I2C)"));
  const Error held = held_by_kernel("/dev/i2c-1", 0x60, "1", "atmel-ecc");
  EXPECT_EQ(held.code, Code::busy);
  EXPECT_EQ(held.line(), "key: /dev/i2c-1 0x60: the kernel's driver atmel-ecc holds the chip");
  EXPECT_THAT(held.hint, HasSubstr("'echo 1-0060 > /sys/bus/i2c/drivers/atmel-ecc/unbind'"));
}

TEST_F(Atecc608Linux, errnos_are_sorted_into_again_gone_and_never) {
  for (const int number : {ENXIO, EREMOTEIO, EIO, ETIMEDOUT, EAGAIN})
    EXPECT_EQ(transfer_of(-1, number), Transfer::nack);
  for (const int number : {ENODEV, ESHUTDOWN, ENOTCONN}) EXPECT_EQ(transfer_of(-1, number), Transfer::gone);
  for (const int number : {EOPNOTSUPP, ENOTTY, EINVAL, EACCES}) EXPECT_FALSE(transfer_of(-1, number)) << number;
}

// i2c_transfer() passes on what the adapter's driver returns; errno is then that of an earlier call.
TEST_F(Atecc608Linux, a_transfer_that_did_nothing_and_names_no_error_is_tried_again) {
  for (const int earlier : {0, ENODEV, EINVAL}) EXPECT_EQ(transfer_of(0, earlier), Transfer::nack) << earlier;
  EXPECT_EQ(transfer_of(1, ENODEV), Transfer::done);
}

TEST_F(Atecc608Linux, the_holder_says_all_this_too) {
  KeySettings key;
  key.holder = "atecc608";
  key.atecc608.bus = "/dev/i2c-4711";
  EXPECT_EQ(keys::open(key).error().code, Code::not_found);
  EXPECT_EQ(keys::create(key).error().code, Code::not_found);
  EXPECT_EQ(keys::describe(key).error().code, Code::not_found);
  EXPECT_EQ(keys::remove(key).error().code, Code::unsupported);
}

}  // namespace
}  // namespace vouchgate::keys::atecc608
