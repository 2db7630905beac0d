// What remains to be done with a chip, from any state in which an interruption may leave it, and what is refused.
#include "cli/atecc_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "atecc608_zones.hpp"

namespace vouchgate::cli {
namespace {

using atecc608::Part;
using atecc608::Zone;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using enum ChipStep;

const std::string place = "/dev/i2c-1 0x60";

config::ChipConfig file_of(const Zone& zone) {
  config::ChipConfig file;
  file.part = atecc608::part_of(zone);
  file.zone = atecc608::on_chip(zone, Zone{});
  return file;
}
ChipPlan plan(const Zone& wanted, const Zone& chip, unsigned slot = 0) {
  return plan_chip(file_of(wanted), chip, slot, place);
}
std::string refusal(const std::optional<Error>& error) { return error ? error->line() : ""; }

Zone locked(Zone zone, bool data = true) {
  zone[87] = 0x00;
  if (data) zone[86] = 0x00;
  return zone;
}
Zone slot_locked(Zone zone) {
  zone[88] = 0xfe;
  return zone;
}

TEST(AteccPlan, what_differs_is_said_as_the_file_spells_it) {
  const ChipPlan out = plan(test::jwt_1(), test::factory_608a());
  EXPECT_TRUE(out.possible());
  EXPECT_EQ(out.changes.size(), 14u);
  EXPECT_EQ(out.changes.front().key, "slots.0");
  EXPECT_THAT(out.changes.front().chip, HasSubstr("internal_sign: true"));
  EXPECT_THAT(out.changes.front().file, testing::Not(HasSubstr("internal_sign")));
  EXPECT_THAT(out.changes.front().note, HasSubstr("signs the host's digests"));
  EXPECT_EQ(atecc608::serial(out.wanted), atecc608::serial(test::factory_608a())) << "the chip's own bytes stay";
}

TEST(AteccPlan, words_are_counted_one_by_one) {
  const Zone chip = test::factory_608a();
  EXPECT_EQ(plan(chip, chip).words, 0u);
  EXPECT_THAT(plan(chip, chip).changes, IsEmpty());
  Zone wanted = chip;
  wanted[16] = 0x6a;
  wanted[20] ^= 0x04;
  EXPECT_EQ(plan(wanted, chip).words, 2u);
}

TEST(AteccPlan, a_slot_that_could_not_sign_is_refused_and_another_may_serve) {
  const ChipPlan out = plan(test::jwt_1(), test::factory_608a(), 8);
  EXPECT_FALSE(out.possible());
  EXPECT_EQ(out.objections.front().field, "slots.8.private");
  EXPECT_TRUE(plan(test::jwt_1(), test::factory_608a(), 1).possible());
}

TEST(AteccPlan, the_file_of_another_part_is_refused) {
  EXPECT_THAT(refusal(plan(test::jwt_1(), test::factory_508a()).refusal),
              HasSubstr("the file is for an ATECC608, the chip is an ATECC508A"));
  config::ChipConfig bare = file_of(test::jwt_1());
  bare.part = Part::unknown;
  EXPECT_EQ(plan_chip(bare, test::factory_608a(), 0, place).refusal.has_value(), false) << "hexadecimal without header";
  Zone strange = test::factory_608a();
  strange[6] = 0x70;
  EXPECT_THAT(refusal(plan(strange, strange).refusal), HasSubstr("unknown part"));
}

TEST(AteccPlan, a_locked_chip_takes_no_other_configuration) {
  EXPECT_THAT(refusal(plan(test::jwt_1(), locked(test::factory_608a())).refusal),
              HasSubstr("its configuration is locked and is not the file's"));
  EXPECT_THAT(refusal(plan(test::jwt_1(), test::trust_and_go()).refusal), HasSubstr("already provisioned (Trust&GO)"));
  EXPECT_THAT(refusal(plan(test::trust_and_go(), test::trust_and_go()).refusal), IsEmpty()) << "its own dump is fine";
}

TEST(AteccPlan, what_use_changes_in_a_locked_chip_is_no_difference) {
  Zone used = slot_locked(locked(test::jwt_1()));
  used[52] = 0xfe;  // a counter has counted
  EXPECT_EQ(plan(test::jwt_1(), used).words, 0u);
  Zone open = test::jwt_1();
  open[52] = 0xfe;
  EXPECT_EQ(plan(test::jwt_1(), open).words, 1u) << "what can still be written is";
}

TEST(AteccSteps, every_state_that_an_interruption_may_leave_goes_on) {
  const Zone fresh = test::factory_608a(), written = test::jwt_1();
  const std::tuple<Zone, bool, std::optional<bool>, std::vector<ChipStep>> table[] = {
      {fresh, true, {}, {write, lock_config, lock_data, make_key, lock_slot}},
      {written, false, {}, {lock_config, lock_data, make_key, lock_slot}},
      {locked(written, false), false, false, {lock_data, make_key, lock_slot}},
      {locked(written), false, false, {make_key, lock_slot}},
      {locked(written), false, true, {lock_slot}},
      {slot_locked(locked(written)), false, true, {}},
      {test::trust_and_go(), false, true, {}},  // slot 0 is not lockable, and GenKey cannot replace its key
  };
  for (const auto& [chip, differs, key, steps] : table) EXPECT_EQ(remaining_steps(chip, 0, differs, key), steps);
}

TEST(AteccSteps, locking_the_configuration_wants_the_file_on_the_chip) {
  const auto against = [](const Zone& wanted, const Zone& chip, unsigned slot = 0) {
    return refusal(against_lock_config(plan(wanted, chip, slot), chip, place));
  };
  EXPECT_EQ(against(test::jwt_1(), test::jwt_1()), "");
  EXPECT_THAT(against(test::jwt_1(), test::factory_608a()), HasSubstr("differs from the file in 14 keys"));
  EXPECT_THAT(against(test::jwt_1(), test::jwt_1(), 8), HasSubstr("could not sign"));
  EXPECT_EQ(against(test::jwt_1(), locked(test::jwt_1())), "") << "done before";
}

TEST(AteccSteps, data_and_slot_are_locked_in_their_turn) {
  const auto data = [](const Zone& chip, unsigned slot = 0, bool keep = false) {
    return refusal(against_lock_data(chip, slot, keep, place));
  };
  EXPECT_THAT(data(test::jwt_1()), HasSubstr("the configuration is not locked yet"));
  EXPECT_EQ(data(locked(test::jwt_1(), false)), "");
  EXPECT_THAT(data(locked(test::jwt_1(), false), 8), HasSubstr("slot 8 could not sign"));
  EXPECT_EQ(data(locked(test::jwt_1())), "") << "done before";
  Zone early = locked(test::jwt_1(), false);
  early[89] &= 0xfe;  // slot 8
  EXPECT_THAT(data(early), HasSubstr("slot 8 is locked already"));
  EXPECT_EQ(data(early, 0, true), "");

  const auto slot = [](const Zone& chip, unsigned number, bool key) {
    return refusal(against_lock_slot(chip, number, key, place));
  };
  EXPECT_THAT(slot(locked(test::jwt_1(), false), 0, true), HasSubstr("not locked yet"));
  EXPECT_THAT(slot(locked(test::jwt_1()), 0, false),
              HasSubstr("the slot holds no key, and locked it would never get one"));
  EXPECT_THAT(slot(locked(test::jwt_1()), 2, false), HasSubstr("does not let this slot be locked"));
  EXPECT_EQ(slot(locked(test::jwt_1()), 0, true), "");
  EXPECT_EQ(slot(locked(test::jwt_1()), 8, false), "") << "data needs no key";
  EXPECT_EQ(slot(slot_locked(locked(test::jwt_1())), 0, true), "") << "done before";
}

}  // namespace
}  // namespace vouchgate::cli
