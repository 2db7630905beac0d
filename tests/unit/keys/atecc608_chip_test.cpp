// The driver against the simulated chip in virtual time: each fault is mended or said, nothing waits for ever, and the
// chip is left asleep.
#include <gmock/gmock.h>

#include "keys/atecc608/operations.hpp"
#include "keys/crypto.hpp"
#include "simulated_bus.hpp"

namespace vouchgate::keys::atecc608 {
namespace {

using emulator::atecc608::Fault;
using emulator::atecc608::Power;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::SimulatedAdapter;
using test::SimulatedBus;
using ::testing::HasSubstr;
namespace parts = emulator::atecc608;
namespace zones = vouchgate::atecc608;

constexpr Bus::Time limit = seconds(10);

// A signature as the gateway has it made, from opening the bus to closing it.
Result<Bytes> sign_once(SimulatedAdapter& adapter, Bus::Time within = limit) {
  SimulatedBus bus(adapter);
  return with_chip(bus, {}, within, [&](Chip& chip) -> Result<Bytes> {
    const auto found = identify(chip);
    if (!found) return fail(found.error());
    return sign(chip, zones::part_of(found->config), 0, Bytes(32, 0x11));
  });
}

bool is_asleep(SimulatedAdapter& adapter) { return adapter.chip.power(adapter.now) == Power::asleep; }

TEST(Atecc608Chip, is_identified_and_left_asleep) {
  for (const auto part : {parts::Part::atecc508a, parts::Part::atecc608a, parts::Part::atecc608b}) {
    SimulatedAdapter adapter(parts::jwt1(part, true));
    SimulatedBus bus(adapter);
    const auto found = with_chip(bus, {}, limit, [](Chip& chip) { return identify(chip); });
    ASSERT_TRUE(found) << found.error().text();
    EXPECT_EQ(found->config, adapter.chip.state().config);
    EXPECT_EQ(zones::part_of(found->revision),
              part == parts::Part::atecc508a ? zones::Part::atecc508a : zones::Part::atecc608);
    EXPECT_TRUE(is_asleep(adapter));
    EXPECT_EQ(adapter.owner, nullptr) << "the bus is given back";
  }
}

TEST(Atecc608Chip, a_508a_signs_from_temp_key_and_a_608_from_its_message_buffer) {
  for (const auto part : {parts::Part::atecc508a, parts::Part::atecc608b}) {
    std::vector<std::pair<int, int>> commands;
    SimulatedAdapter::Settings settings;
    settings.observe = [&](const parts::Event& event) {
      if (event.what == "command") commands.emplace_back(event.opcode, event.p1);
    };
    SimulatedAdapter adapter(parts::jwt1(part, true), settings);
    ASSERT_TRUE(sign_once(adapter));
    ASSERT_GE(commands.size(), 2u);
    const bool old = part == parts::Part::atecc508a;
    EXPECT_EQ(commands[commands.size() - 2], std::pair(0x16, old ? 0x03 : 0x43));
    EXPECT_EQ(commands.back(), std::pair(0x41, old ? 0x80 : 0xA0));
  }
}

// Each kind of fault, at each of the first occasions that it has.
class Atecc608Fault : public ::testing::TestWithParam<Fault> {};

TEST_P(Atecc608Fault, that_strikes_once_is_mended_wherever_it_strikes) {
  for (std::uint64_t skip = 0; skip < 40; ++skip) {
    for (const auto part : {parts::Part::atecc508a, parts::Part::atecc608b}) {
      SimulatedAdapter adapter(parts::jwt1(part, true), {.seed = skip + 1});
      adapter.chip.faults().inject(GetParam(), 1, skip);
      const auto signature = sign_once(adapter);
      ASSERT_TRUE(signature) << "at occasion " << skip << ": " << signature.error().text();
      EXPECT_EQ(signature->size(), 64u);
      EXPECT_LT(adapter.now, seconds(5));
      // The last sleep itself may be what went wrong; then the watchdog does it.
      adapter.now += GetParam() == Fault::foreign_wake || GetParam() == Fault::nack ? seconds(2) : seconds(0);
      EXPECT_TRUE(is_asleep(adapter));
    }
  }
}

class Atecc608LastingFault : public Atecc608Fault {};

TEST_P(Atecc608LastingFault, that_stays_is_said_in_time_and_is_over_when_it_ends) {
  SimulatedAdapter adapter(parts::jwt1(parts::Part::atecc608b, true));
  adapter.chip.faults().inject(GetParam(), 1'000'000);
  const auto refused = sign_once(adapter);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::unavailable);
  EXPECT_FALSE(refused.error().hint.empty());
  EXPECT_THAT(refused.error().line(), HasSubstr("ATCA_"));
  EXPECT_LT(adapter.now, limit);
  adapter.chip.faults().clear();
  adapter.now += seconds(2);
  EXPECT_TRUE(sign_once(adapter));
}

std::string fault_name(const ::testing::TestParamInfo<Fault>& instance) { return std::string(name(instance.param)); }
const auto lasting = ::testing::Values(Fault::nack, Fault::crc_error, Fault::noisy_write, Fault::short_read,
                                       Fault::lost_wake, Fault::brown_out, Fault::lost_reply, Fault::ecc_fault,
                                       Fault::rng_failure, Fault::watchdog, Fault::stuck_busy);
INSTANTIATE_TEST_SUITE_P(each, Atecc608Fault, lasting, fault_name);
INSTANTIATE_TEST_SUITE_P(other, Atecc608Fault, ::testing::Values(Fault::foreign_wake), fault_name);
INSTANTIATE_TEST_SUITE_P(each, Atecc608LastingFault, lasting, fault_name);

// Traffic to other devices on the bus that wakes the chip whenever it is put to sleep.
TEST(Atecc608Chip, works_although_others_keep_waking_it) {
  SimulatedAdapter adapter(parts::jwt1(parts::Part::atecc608b, true));
  adapter.chip.faults().inject(Fault::foreign_wake, 1'000'000);
  for (int i = 0; i < 20; ++i) {
    const auto signature = sign_once(adapter);
    ASSERT_TRUE(signature) << signature.error().text();
  }
}

TEST(Atecc608Chip, a_command_that_a_dead_program_left_is_waited_out) {
  const Command left{Opcode::write, 0, 5, Bytes{1, 2, 3, 4}, 1};  // about as long as a wake is waited for
  for (const auto& after : {milliseconds(0), milliseconds(3), milliseconds(10), milliseconds(50)}) {
    SimulatedAdapter adapter(parts::blank(parts::Part::atecc608b));
    SimulatedBus bus(adapter);
    Bytes woken(4);
    ASSERT_TRUE(bus.write(0, Bytes{0}));
    bus.wait(milliseconds(2));
    ASSERT_TRUE(bus.read(0x60, woken));
    ASSERT_TRUE(bus.write(0x60, packet(left)));
    bus.wait(after);
    const auto found = with_chip(bus, {}, limit, [](Chip& chip) { return identify(chip); });
    EXPECT_TRUE(found) << found.error().text();
  }
}

// Loses its power once, before Sign, and is woken by traffic to others: it is awake, and the digest is gone.
class FlickeringBus : public SimulatedBus {
 public:
  explicit FlickeringBus(SimulatedAdapter& adapter) : SimulatedBus(adapter), adapter_(adapter) {}
  Result<Transfer> write(std::uint8_t address, ByteView bytes) override {
    const bool is_sign = bytes.size() > 2 && bytes[0] == word_command && bytes[2] == 0x41;
    if (is_sign && !std::exchange(flickered_, true)) {
      adapter_.chip = parts::Chip(adapter_.chip.state());
      Bytes woken(status_frame);
      static_cast<void>(SimulatedBus::write(0, Bytes{0}));
      wait(milliseconds(2));
      static_cast<void>(read(address, woken));
    }
    return SimulatedBus::write(address, bytes);
  }

 private:
  SimulatedAdapter& adapter_;
  bool flickered_ = false;
};

TEST(Atecc608Chip, a_digest_that_is_lost_before_sign_is_loaded_again) {
  for (const auto part : {parts::Part::atecc508a, parts::Part::atecc608b}) {
    SimulatedAdapter adapter(parts::jwt1(part, true));
    FlickeringBus bus(adapter);
    const auto signature = with_chip(bus, {}, limit, [&](Chip& chip) {
      return sign(chip, zones::part_of(adapter.chip.state().config), 0, Bytes(32, 0x11));
    });
    EXPECT_TRUE(signature) << signature.error().text();
  }
}

TEST(Atecc608Chip, a_failed_self_test_is_not_tried_again) {
  SimulatedAdapter adapter(parts::jwt1(parts::Part::atecc608b, true));
  adapter.chip.faults().inject(Fault::self_test);
  const auto refused = sign_once(adapter);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().line(), HasSubstr("failed its self-test and refuses to work"));
  EXPECT_LT(adapter.now, milliseconds(100));
}

TEST(Atecc608Chip, an_adapter_that_is_unplugged_is_said_and_works_again_when_it_is_back) {
  SimulatedAdapter adapter(parts::jwt1(parts::Part::atecc608b, true));
  adapter.chip.faults().inject(Fault::vanish, 1'000'000, 7);
  const auto refused = sign_once(adapter);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::unavailable);
  EXPECT_THAT(refused.error().line(), HasSubstr("unplugged"));
  adapter.chip.faults().clear();
  adapter.now += seconds(2);
  EXPECT_TRUE(sign_once(adapter));
}

TEST(Atecc608Chip, that_is_not_there_is_said_after_a_bounded_time) {
  auto elsewhere = parts::trust_and_go();
  SimulatedAdapter adapter(elsewhere);
  const auto refused = sign_once(adapter);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().line(), HasSubstr("0x60: no chip answers there after a wake pulse (ATCA_WAKE_FAILED"));
  EXPECT_LT(adapter.now, seconds(3));
}

TEST(Atecc608Chip, a_bus_that_is_too_fast_to_wake_it_is_hinted_at) {
  SimulatedAdapter adapter(parts::jwt1(parts::Part::atecc608b, true), {.bus_hz = 400'000});
  const auto refused = sign_once(adapter);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().hint, HasSubstr("100 kHz"));
}

TEST(Atecc608Chip, a_window_at_the_slowest_clock_is_split_by_idle_before_the_watchdog) {
  auto state = parts::jwt1(parts::Part::atecc608b, true);
  state.config[19] = 0x68;  // M2: Sign takes up to 665 ms of the 700 that the watchdog leaves
  unsigned idles = 0;
  unsigned barked = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SimulatedAdapter::Settings settings{.seed = seed};
    settings.observe = [&](const parts::Event& event) {
      idles += event.what == "idle";
      barked += event.what == "watchdog" || event.status == 0xEE;
    };
    SimulatedAdapter adapter(state, settings);
    const auto signature = sign_once(adapter);
    ASSERT_TRUE(signature) << signature.error().text();
  }
  EXPECT_GT(idles, 0u);
  EXPECT_EQ(barked, 0u);
}

// Wake, Nonce, Sign and sleep hold the bus for 13.4 ms at 100 kHz; all else is the chip's own work, and looks that come
// late.
TEST(Atecc608Chip, a_signature_takes_little_longer_than_bus_and_chip_need) {
  for (const auto part : {parts::Part::atecc508a, parts::Part::atecc608b}) {
    Bus::Time worked{};
    SimulatedAdapter::Settings settings;
    settings.observe = [&](const parts::Event& event) {
      if (event.what == "command") worked += event.duration;
    };
    SimulatedAdapter adapter(parts::jwt1(part, true), settings);
    SimulatedBus bus(adapter);
    Bus::Time took{};
    Bus::Time least{};
    for (int i = 0; i < 50; ++i) {
      worked = {};
      const auto begin = adapter.now;
      ASSERT_TRUE(with_chip(bus, {}, limit, [&](Chip& chip) {
        chip.set_speed(speed_of(adapter.chip.state().config));
        return sign(chip, zones::part_of(adapter.chip.state().config), 0, Bytes(32, 0x11));
      }));
      took += adapter.now - begin;
      least += std::chrono::microseconds(13'400) + worked;
    }
    EXPECT_LT(took, least * 11 / 10);
  }
}

TEST(Atecc608Chip, what_the_caller_allows_is_never_exceeded) {
  for (const milliseconds within : {milliseconds(5), milliseconds(50), milliseconds(200), milliseconds(900)}) {
    SimulatedAdapter adapter(parts::jwt1(parts::Part::atecc608b, true));
    adapter.chip.faults().inject(Fault::stuck_busy, 1'000'000);
    EXPECT_FALSE(sign_once(adapter, within));
    EXPECT_LT(adapter.now, within + milliseconds(50)) << within.count();
    SimulatedAdapter hung(parts::jwt1(parts::Part::atecc608b, true));
    hung.hangs = true;
    const auto refused = sign_once(hung, within);
    ASSERT_FALSE(refused);
    EXPECT_LE(hung.transfers, 5u);
  }
}

TEST(Atecc608Chip, a_limit_that_ends_while_it_works_is_a_timeout) {
  SimulatedAdapter adapter(parts::jwt1(parts::Part::atecc608b, true));
  const auto refused = sign_once(adapter, milliseconds(60));  // identify takes 40
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::timeout);
}

}  // namespace
}  // namespace vouchgate::keys::atecc608
