// i2c-dev's calls with a virtual clock, from this process's memory and handed over in rounds as CUSE does. Never
// mounts.
#include "emulator/atecc608/adapter.hpp"

#include <gtest/gtest.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <unistd.h>

#include "atecc608_bench.hpp"
#include "emulator/atecc608/caller_memory.hpp"

namespace vouchgate::emulator::atecc608 {
namespace {

std::uint64_t place(const void* at) { return reinterpret_cast<std::uintptr_t>(at); }

struct Atecc608AdapterTest : ::testing::Test {
  Time now{1000};
  Chip chip{jwt1(Part::atecc608b, true)};
  Adapter adapter{{100'000, EREMOTEIO, false, [this] { return now; }, [this](Time until) { now = until; }}};
  std::uint64_t file = adapter.open();

  Atecc608AdapterTest() { adapter.add(chip); }

  int call(unsigned request, std::uint64_t argument) {
    ProcessMemory memory(::getpid());
    return adapter.ioctl(file, request, argument, memory);
  }
  int transfer(std::uint16_t address, std::uint16_t flags, std::span<std::uint8_t> bytes) {
    i2c_msg message{address, flags, static_cast<std::uint16_t>(bytes.size()), bytes.data()};
    i2c_rdwr_ioctl_data data{&message, 1};
    return call(I2C_RDWR, place(&data));
  }
  void wake() {
    Bytes pulse{0};
    EXPECT_EQ(transfer(0, 0, pulse), -EREMOTEIO);
    now += 1500us;
  }
};

// What the kernel does for CUSE: it copies the ranges that the last round asked for, until none is asked for.
int in_rounds(Adapter& adapter, std::uint64_t file, unsigned request, std::uint64_t argument, int& rounds) {
  std::vector<iovec> in, out;
  for (rounds = 1; rounds < 10; ++rounds) {
    Bytes gathered;
    std::size_t room = 0;
    for (const iovec& each : in) {
      const auto* from = static_cast<const std::uint8_t*>(each.iov_base);
      gathered.insert(gathered.end(), from, from + each.iov_len);
    }
    for (const iovec& each : out) room += each.iov_len;
    GatheredMemory memory(gathered, room);
    const int result = adapter.ioctl(file, request, argument, memory);
    if (!memory.wants_more()) {
      EXPECT_LE(memory.out().size(), room);
      if (!memory.out().empty())
        std::copy(memory.out().begin(), memory.out().end(), static_cast<std::uint8_t*>(out[0].iov_base));
      return result;
    }
    in = memory.wanted_in();
    out = memory.wanted_out();
  }
  return -ELOOP;
}

TEST_F(Atecc608AdapterTest, TransfersTakeTheirTimeOnTheBus) {
  wake();
  Bytes out(4);
  const Time begun = now;
  EXPECT_EQ(transfer(0x60, I2C_M_RD, out), 1);
  EXPECT_EQ(out, bytes("04113343"));
  EXPECT_EQ(now - begun, 470us);  // five bytes of nine bits, START and STOP
  Bytes sleep{1};
  EXPECT_EQ(transfer(0x60, 0, sleep), 1);
  const Time asleep = now;
  EXPECT_EQ(transfer(0x60, I2C_M_RD, out), -EREMOTEIO);
  EXPECT_EQ(now - asleep, 110us) << "nobody acknowledged the address, so nothing follows it";
}

TEST_F(Atecc608AdapterTest, TheAddressByteDecidesWhetherAWriteIsAcknowledged) {
  Bytes pulse{0}, command = packet(0x16, 0x43, 0, Bytes(32, 0x5A)), out(4), endless(8000);
  command.insert(command.begin(), 3);
  EXPECT_EQ(transfer(0, 0, pulse), -EREMOTEIO);
  EXPECT_EQ(transfer(0x60, 0, command), -EREMOTEIO) << "the chip would be ready long before its end, 3.8 ms later";
  EXPECT_EQ(transfer(0x60, 0, endless), -EREMOTEIO);
  now += 1500us;
  EXPECT_EQ(transfer(0x60, I2C_M_RD, out), 1) << "a write of 0.7 s that ended behind its address took no time";
}

TEST_F(Atecc608AdapterTest, OnePulseWakesAllChipsAndEachAnswersAtItsAddress) {
  Chip other(trust_and_go()), twin(jwt1(Part::atecc508a, true));
  adapter.add(other);
  wake();
  Bytes out(4), info = packet(0x30, 0, 0), revision(7);
  for (const std::uint16_t address : {0x60, 0x35}) {
    EXPECT_EQ(transfer(address, I2C_M_RD, out), 1);
    EXPECT_EQ(out, bytes("04113343"));
  }
  EXPECT_EQ(transfer(0x36, I2C_M_RD, out), -EREMOTEIO);
  Bytes sleep{1};
  EXPECT_EQ(transfer(0x60, 0, sleep), 1);
  EXPECT_EQ(chip.power(now), Power::asleep);
  EXPECT_EQ(other.power(now), Power::awake);
  adapter.add(twin);  // at 0x60 as well
  wake();
  info.insert(info.begin(), 3);
  EXPECT_EQ(transfer(0x60, 0, info), 1);
  now += 10ms;
  EXPECT_EQ(transfer(0x60, I2C_M_RD, revision), 1);
  EXPECT_EQ(revision, bytes("07000040000391")) << "what either pulled down";
}

TEST_F(Atecc608AdapterTest, TheKernelsRoundsEndInTheSameTransfer) {
  Bytes pulse{0}, out(4);
  int rounds = 0;
  i2c_msg message{0, 0, 1, pulse.data()};
  i2c_rdwr_ioctl_data data{&message, 1};
  EXPECT_EQ(in_rounds(adapter, file, I2C_RDWR, place(&data), rounds), -EREMOTEIO);
  EXPECT_EQ(rounds, 4);  // request, message, bytes, then all there
  now += 1500us;
  message = {0x60, I2C_M_RD, 4, out.data()};
  EXPECT_EQ(in_rounds(adapter, file, I2C_RDWR, place(&data), rounds), 1);
  EXPECT_EQ(out, bytes("04113343"));
  unsigned long functions = 0;
  EXPECT_EQ(in_rounds(adapter, file, I2C_FUNCS, place(&functions), rounds), 0);
  EXPECT_EQ(functions, I2C_FUNC_I2C);
  EXPECT_EQ(in_rounds(adapter, file, I2C_SLAVE, 0x60, rounds), 0);
  EXPECT_EQ(rounds, 1);
}

TEST_F(Atecc608AdapterTest, NothingReachesTheChipBeforeAllMemoryIsThere) {
  wake();
  Bytes out(4);
  i2c_msg message{0x60, I2C_M_RD, 4, out.data()};
  i2c_rdwr_ioctl_data data{&message, 1};
  int rounds = 0;
  EXPECT_EQ(in_rounds(adapter, file, I2C_RDWR, place(&data), rounds), 1);
  EXPECT_EQ(rounds, 4);
  EXPECT_EQ(out, bytes("04113343")) << "an earlier round moved the read counter on";
  i2c_msg lost{0x60, 0, 4, nullptr};
  data = {&lost, 1};
  EXPECT_EQ(call(I2C_RDWR, place(&data)), -EFAULT);
  EXPECT_EQ(call(I2C_RDWR, 8), -EFAULT);
}

TEST_F(Atecc608AdapterTest, WhatAKernelRefusesIsRefused) {
  Bytes out(4);
  std::vector<i2c_msg> many(43, i2c_msg{0x60, I2C_M_RD, 4, out.data()});
  i2c_rdwr_ioctl_data data{many.data(), 43};
  EXPECT_EQ(call(I2C_RDWR, place(&data)), -EINVAL);
  data.nmsgs = 0;
  EXPECT_EQ(call(I2C_RDWR, place(&data)), -EINVAL);
  data.nmsgs = 2;
  wake();
  EXPECT_EQ(call(I2C_RDWR, place(&data)), -EREMOTEIO);
  data = {nullptr, 1};
  EXPECT_EQ(call(I2C_RDWR, place(&data)), -EINVAL);
  i2c_msg nowhere{0x60, I2C_M_RD, 4, reinterpret_cast<std::uint8_t*>(8)};
  data = {&nowhere, 1};
  EXPECT_EQ(call(I2C_RDWR, place(&data)), -EFAULT);
  EXPECT_EQ(transfer(0x60, I2C_M_RD, out), 1);
  EXPECT_EQ(out, bytes("04113343")) << "the bad address never reached the bus";
  EXPECT_EQ(transfer(0x60, I2C_M_IGNORE_NAK, out), -EOPNOTSUPP);
  EXPECT_EQ(transfer(0x80, 0, out), -EINVAL);
  EXPECT_EQ(call(I2C_SLAVE, 0x80), -EINVAL);
  EXPECT_EQ(call(I2C_TENBIT, 1), -EINVAL);
  EXPECT_EQ(call(I2C_RETRIES, 3), 0);
  EXPECT_EQ(call(I2C_SMBUS, 0), -ENOTTY);
}

TEST_F(Atecc608AdapterTest, ReadAndWriteGoToTheAddressThatWasSet) {
  wake();
  Bytes out(4);
  EXPECT_EQ(adapter.read(file, out), -EREMOTEIO);
  EXPECT_EQ(call(I2C_SLAVE_FORCE, 0x60), 0);
  EXPECT_EQ(adapter.read(file, out), 4);
  EXPECT_EQ(adapter.write(file, Bytes{0}), 1);
}

TEST_F(Atecc608AdapterTest, AVanishedAdapterIsFoundAgainByANewOpenOnly) {
  chip.faults().inject(Fault::vanish);
  Bytes pulse{0};
  EXPECT_EQ(transfer(0, 0, pulse), -ENODEV);
  EXPECT_EQ(call(I2C_FUNCS, 0), -ENODEV);
  file = adapter.open();
  wake();
  Bytes out(4);
  EXPECT_EQ(transfer(0x60, I2C_M_RD, out), 1);
}

}  // namespace
}  // namespace vouchgate::emulator::atecc608
