// Writing and locking on the simulated chip: each step may be interrupted and done again, and none locks what was not
// meant.
#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "keys/atecc608/operations.hpp"
#include "keys/atecc608/scan.hpp"
#include "simulated_bus.hpp"

namespace vouchgate::keys::atecc608 {
namespace {

using emulator::atecc608::Fault;
using test::SimulatedAdapter;
using test::SimulatedBus;
using ::testing::HasSubstr;
namespace parts = emulator::atecc608;
namespace zones = vouchgate::atecc608;

class Atecc608Provisioning : public ::testing::Test {
 protected:
  // One window on the bus, as a command of the operator has it.
  template <class Work>
  auto on_chip(const Work& work) {
    SimulatedBus bus(adapter);
    return with_chip(bus, settings, std::chrono::seconds(20), work);
  }
  Result<void> write(const Zone& zone) {
    return on_chip([&](Chip& chip) -> Result<void> {
      if (auto written = write_config(chip, serial, zone); !written) return written;
      return verify_config(chip, serial, zone);
    });
  }
  Result<void> lock(const Zone& zone) {
    return on_chip([&](Chip& chip) { return lock_config(chip, serial, zone); });
  }
  Result<void> close_data(Contents contents = Contents::fill) {
    return on_chip([&](Chip& chip) { return lock_data(chip, serial, contents); });
  }
  Result<void> close_slot(unsigned slot) {
    return on_chip([&](Chip& chip) { return lock_slot(chip, serial, slot); });
  }
  bool make_key(unsigned slot) {
    return bool(on_chip([&](Chip& chip) { return generate_key(chip, slot); }));
  }

  SimulatedAdapter adapter{parts::blank(parts::Part::atecc608b)};
  Atecc608Settings settings;
  const std::string serial = "0123112233445566ee";
  Zone jwt = [] {
    Zone out = parts::jwt1(parts::Part::atecc608b, false).config;
    out[86] = out[87] = 0x55;
    return out;
  }();
};

TEST_F(Atecc608Provisioning, goes_from_a_blank_chip_to_one_that_signs) {
  ASSERT_TRUE(write(jwt));
  ASSERT_TRUE(lock(jwt));
  ASSERT_TRUE(close_data());
  const auto key = on_chip([](Chip& chip) { return generate_key(chip, 0); });
  ASSERT_TRUE(key) << key.error().text();
  ASSERT_TRUE(close_slot(0));
  EXPECT_TRUE(adapter.chip.state().config_locked());
  EXPECT_TRUE(adapter.chip.state().data_locked());
  EXPECT_TRUE(adapter.chip.state().slot_locked(0));
  EXPECT_EQ(*on_chip([](Chip& chip) { return public_key(chip, 0); }), *key);
}

TEST_F(Atecc608Provisioning, each_step_may_be_done_again) {
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(write(jwt));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(lock(jwt));
  EXPECT_TRUE(write(jwt)) << "nothing differs";
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(close_data());
  const auto empty = close_slot(1);
  ASSERT_FALSE(empty);
  EXPECT_THAT(empty.error().line(), HasSubstr("slot 1 holds no key, and locked it would never get one"));
  ASSERT_TRUE(make_key(1));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(close_slot(1));
}

TEST_F(Atecc608Provisioning, an_answer_that_got_lost_is_not_a_step_that_failed) {
  for (std::uint64_t skip = 0; skip < 12; ++skip) {
    adapter.chip = parts::Chip(parts::blank(parts::Part::atecc608b), {.seed = skip + 1});
    adapter.chip.faults().inject(Fault::lost_reply, 1, skip);
    ASSERT_TRUE(write(jwt)) << skip;
    ASSERT_TRUE(lock(jwt)) << skip;
    ASSERT_TRUE(close_data()) << skip;
    ASSERT_TRUE(make_key(0)) << skip;
    ASSERT_TRUE(close_slot(0)) << skip;
  }
}

TEST_F(Atecc608Provisioning, over_a_bad_bus_it_ends_right_or_says_why_and_then_resumes) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    adapter.chip = parts::Chip(parts::blank(parts::Part::atecc608b), {.seed = seed});
    adapter.chip.faults().chance_of_everything(0.03);
    adapter.chip.faults().chance(Fault::self_test, 0);
    const auto all = [&]() -> Result<void> {
      if (auto done = write(jwt); !done) return done;
      if (auto done = lock(jwt); !done) return done;
      if (auto done = close_data(); !done) return done;
      if (adapter.chip.state().slot_locked(0)) return {};
      if (auto made = on_chip([](Chip& chip) { return generate_key(chip, 0); }); !made) return fail(made.error());
      return close_slot(0);
    };
    int tries = 1;
    auto done = all();
    for (; !done && tries < 20; ++tries) done = all();
    ASSERT_TRUE(done) << "seed " << seed << ": " << done.error().text();
    const auto& config = adapter.chip.state().config;
    EXPECT_TRUE(std::ranges::equal(ByteView(config).subspan(16, 36), ByteView(jwt).subspan(16, 36)));
    EXPECT_TRUE(std::ranges::equal(ByteView(config).subspan(96), ByteView(jwt).subspan(96)));
    EXPECT_TRUE(adapter.chip.state().slot_locked(0));
  }
}

TEST_F(Atecc608Provisioning, another_chip_is_never_written_or_locked) {
  const auto before = adapter.chip.state();
  const auto refused = on_chip([&](Chip& chip) { return write_config(chip, "0123000000000000ee", jwt); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::mismatch);
  EXPECT_THAT(refused.error().line(), HasSubstr("chip " + serial + ": is another chip than 0123000000000000ee"));
  EXPECT_FALSE(on_chip([&](Chip& chip) { return lock_config(chip, "0123000000000000ee", before.config); }));
  const auto verified = on_chip([&](Chip& chip) { return verify_config(chip, "0123000000000000ee", before.config); });
  ASSERT_FALSE(verified) << "it holds what was wanted, and is another one";
  EXPECT_EQ(verified.error().code, Code::mismatch);
  EXPECT_EQ(adapter.chip.state(), before);
}

TEST_F(Atecc608Provisioning, what_is_not_as_expected_is_not_locked) {
  ASSERT_TRUE(write(jwt));
  Zone other = jwt;
  other[20] = 0x83;
  const auto refused = lock(other);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::mismatch);
  EXPECT_FALSE(adapter.chip.state().config_locked());
  ASSERT_TRUE(lock(jwt));
  EXPECT_EQ(lock(other).error().code, Code::mismatch) << "locked, but with another configuration";
  EXPECT_EQ(write(other).error().code, Code::mismatch);
}

TEST_F(Atecc608Provisioning, steps_out_of_order_and_slots_that_cannot_be_locked_are_refused) {
  EXPECT_EQ(close_data().error().code, Code::mismatch);
  Zone fixed = jwt;
  fixed[96] &= 0xDF;  // slot 0 without Lockable
  ASSERT_TRUE(write(fixed));
  ASSERT_TRUE(lock(fixed));
  EXPECT_EQ(close_slot(0).error().code, Code::mismatch) << "data is not locked yet";
  ASSERT_TRUE(close_data());
  const auto refused = close_slot(0);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().line(), HasSubstr("slot 0 is not lockable"));
}

TEST_F(Atecc608Provisioning, a_new_address_takes_effect_and_is_found) {
  Zone moved = jwt;
  moved[16] = 0x6A;
  ASSERT_FALSE(write(moved)) << "it no longer answers at the old one";
  settings.address = 0x35;
  EXPECT_TRUE(on_chip([&](Chip& chip) { return verify_config(chip, serial, moved); }));
  EXPECT_TRUE(lock(moved));
}

TEST_F(Atecc608Provisioning, an_address_where_anything_answers_is_occupied) {
  SimulatedBus bus(adapter);
  EXPECT_EQ(occupied(bus, 0x60), true);
  EXPECT_EQ(occupied(bus, 0x36), false);
  adapter.hangs = true;
  EXPECT_EQ(occupied(bus, 0x60), false) << "a line that is held down acknowledges nothing";
}

TEST_F(Atecc608Provisioning, the_data_zone_is_filled_before_it_is_locked) {
  // jwt-1: slots 0 and 1 hold keys, 2 to 7 are secret, 8 to 15 are open
  ASSERT_TRUE(write(jwt));
  ASSERT_TRUE(lock(jwt));
  const auto before = adapter.chip.state();
  ASSERT_TRUE(close_data());
  const auto& after = adapter.chip.state();
  EXPECT_TRUE(std::ranges::equal(after.otp, Bytes(64, 0xFF)));
  std::set<Bytes> secrets;
  for (unsigned slot = 0; slot < zones::slots; ++slot) {
    const Bytes erased(zones::slot_bytes(slot), 0xFF);
    if (slot < 2) {
      EXPECT_EQ(after.slots[slot], before.slots[slot]) << slot;
    } else if (slot < 8) {
      EXPECT_NE(after.slots[slot], erased) << slot;
      EXPECT_NE(after.slots[slot], before.slots[slot]) << slot;
      secrets.insert(after.slots[slot]);
    } else {
      EXPECT_EQ(after.slots[slot], erased) << slot;
    }
  }
  EXPECT_EQ(secrets.size(), 6u) << "no two alike";
  const auto back = on_chip([](Chip& chip) { return read_slot(chip, 8); });
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(*back, Bytes(416, 0xFF));
  EXPECT_FALSE(on_chip([](Chip& chip) { return read_slot(chip, 2); })) << "secret";
}

TEST_F(Atecc608Provisioning, what_another_tool_stored_can_be_kept) {
  ASSERT_TRUE(write(jwt));
  ASSERT_TRUE(lock(jwt));
  const auto before = adapter.chip.state();
  ASSERT_TRUE(close_data(Contents::keep));
  EXPECT_TRUE(adapter.chip.state().data_locked());
  EXPECT_EQ(adapter.chip.state().slots, before.slots);
  EXPECT_EQ(adapter.chip.state().otp, before.otp);
}

TEST_F(Atecc608Provisioning, a_slot_that_is_locked_already_cannot_be_vouched_for) {
  Zone early = jwt;
  early[88 + 1] &= 0xFE;  // slot 8
  ASSERT_TRUE(write(early));
  ASSERT_TRUE(lock(early));
  const auto before = adapter.chip.state();
  const auto refused = close_data();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::unsupported);
  EXPECT_THAT(refused.error().line(), HasSubstr("slot 8 is locked already"));
  EXPECT_EQ(adapter.chip.state(), before) << "nothing was overwritten";
  EXPECT_TRUE(close_data(Contents::keep));
}

// Changes a bit of what is written into OTP on its way, with a CRC that fits.
class AlteringBus : public SimulatedBus {
 public:
  using SimulatedBus::SimulatedBus;
  Result<Transfer> write(std::uint8_t address, ByteView bytes) override {
    constexpr std::size_t opcode = 2, mode = 3, first_byte = 6;
    Bytes sent(bytes.begin(), bytes.end());
    if (sent.size() > first_byte && sent[opcode] == 0x12 && sent[mode] == 0x81) {
      sent[first_byte] ^= 1;
      const std::uint16_t crc = zones::crc16(ByteView(sent).subspan(1, sent.size() - 3));
      sent[sent.size() - 2] = static_cast<std::uint8_t>(crc & 0xff);
      sent[sent.size() - 1] = static_cast<std::uint8_t>(crc >> 8);
    }
    return SimulatedBus::write(address, sent);
  }
};

TEST_F(Atecc608Provisioning, data_that_arrived_otherwise_is_not_locked) {
  ASSERT_TRUE(write(jwt));
  ASSERT_TRUE(lock(jwt));
  AlteringBus bus(adapter);
  const auto refused = with_chip(bus, settings, std::chrono::seconds(20),
                                 [&](Chip& chip) { return lock_data(chip, serial, Contents::fill); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::corrupt);
  EXPECT_THAT(refused.error().line(), HasSubstr("CRC over the zone is not that of what was to be locked"));
  EXPECT_FALSE(adapter.chip.state().data_locked());
  bus.close();
  EXPECT_TRUE(close_data()) << "nothing is lost";
}

}  // namespace
}  // namespace vouchgate::keys::atecc608
