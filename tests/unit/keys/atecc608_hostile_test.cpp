// A chip or bus whose answers are anything: none of its bytes becomes a key or a signature, no read goes beyond a
// frame, no call outlasts its limit, and the bus is given back.
#include <gmock/gmock.h>

#include <random>

#include "keys/atecc608/holder.hpp"
#include "keys/atecc608/operations.hpp"
#include "keys/crypto.hpp"
#include "simulated_bus.hpp"

namespace vouchgate::keys::atecc608 {
namespace {

using std::chrono::seconds;
using test::SimulatedAdapter;
using test::SimulatedBus;
namespace parts = emulator::atecc608;
namespace zones = vouchgate::atecc608;

constexpr Bus::Time limit = seconds(10);

KeySettings key_settings() {
  KeySettings out;
  out.holder = "atecc608";
  out.atecc608 = {.bus = "/dev/i2c-1", .address = 0x60, .slot = 0};
  return out;
}

// The simulated chip's bus, with some reads replaced.
class LyingBus : public SimulatedBus {
 public:
  using Lies = std::function<bool()>;  // asked at each read
  LyingBus(SimulatedAdapter& adapter, std::mt19937_64& random, Lies lies)
      : SimulatedBus(adapter), random_(random), lies_(std::move(lies)) {}

  Result<Transfer> read(std::uint8_t address, std::span<std::uint8_t> out) override {
    const auto got = SimulatedBus::read(address, out);
    if (!lies_()) return got;
    switch (below(7)) {
      case 0: std::ranges::fill(out, std::uint8_t{0x00}); break;
      case 1: std::ranges::fill(out, std::uint8_t{0xFF}); break;
      case 2: std::ranges::generate(out, [this] { return byte(); }); break;
      case 3: put_frame(out, below(256)); break;
      case 4: put_frame(out, static_cast<int>(out.size())); break;
      case 5: put_frame(out, static_cast<int>(status_frame)); break;
      default: return below(2) == 0 ? Transfer::nack : Transfer::done;
    }
    return Transfer::done;
  }

 private:
  int below(int end) { return std::uniform_int_distribution<>(0, end - 1)(random_); }
  std::uint8_t byte() { return static_cast<std::uint8_t>(below(256)); }
  // Any content with the right CRC, as far as it fits.
  void put_frame(std::span<std::uint8_t> out, int count) {
    Bytes frame(static_cast<std::size_t>(std::max(count, 3)));
    std::ranges::generate(frame, [this] { return byte(); });
    frame[0] = static_cast<std::uint8_t>(count);
    const std::uint16_t crc = zones::crc16(ByteView(frame).first(frame.size() - 2));
    frame[frame.size() - 2] = static_cast<std::uint8_t>(crc & 0xFF);
    frame[frame.size() - 1] = static_cast<std::uint8_t>(crc >> 8);
    std::copy_n(frame.begin(), std::min(frame.size(), out.size()), out.begin());
  }

  std::mt19937_64& random_;
  const Lies lies_;
};

class Atecc608Hostile : public ::testing::TestWithParam<unsigned> {
 protected:
  std::unique_ptr<Bus> bus() {
    return std::make_unique<LyingBus>(adapter, random, [this] { return random() % GetParam() == 0; });
  }
  void expect_over(Bus::Time begin) {
    EXPECT_LE(adapter.now - begin, 3 * limit);
    EXPECT_EQ(adapter.owner, nullptr);
  }
  SimulatedAdapter adapter{parts::jwt1(parts::Part::atecc608b, true)};
  std::mt19937_64 random{1};
};

TEST_P(Atecc608Hostile, neither_makes_a_key_nor_a_signature) {
  const auto honest = open_on(std::make_unique<SimulatedBus>(adapter), key_settings(), limit);
  ASSERT_TRUE(honest) << honest.error().text();
  const Bytes key = (*honest)->info().public_key_der;
  const auto keeper = keep_on([this] { return bus(); }, key_settings(), limit);
  for (int i = 0; i < 2'000; ++i) {
    const auto begin = adapter.now;
    const auto signature = keeper->sign(view("x"));
    expect_over(begin);
    if (!signature) {
      EXPECT_FALSE(signature.error().reason.empty());
      continue;
    }
    EXPECT_EQ(keeper->info()->public_key_der, key);
    EXPECT_TRUE(verifies(Algorithm::es256, key, view("x"), *signature));
  }
}

INSTANTIATE_TEST_SUITE_P(one_answer_in, Atecc608Hostile, ::testing::Values(1u, 2u, 5u, 20u));

// One broken answer in 65,536 has the right CRC. What GenKey replaces is gone for ever.
TEST(Atecc608Lie, a_single_one_never_has_an_existing_key_made_anew) {
  SimulatedAdapter adapter(parts::jwt1(parts::Part::atecc608b, true));
  const auto key = adapter.chip.state().keys[0];
  std::mt19937_64 random(1);
  for (int i = 0; i < 4'000; ++i) {
    int reads = i % 40;
    auto bus = std::make_unique<LyingBus>(adapter, random, [&] { return reads-- == 0; });
    EXPECT_FALSE(create_on(std::move(bus), key_settings(), limit));
    ASSERT_TRUE(adapter.chip.state().keys[0] == key) << i;
  }
}

}  // namespace
}  // namespace vouchgate::keys::atecc608
