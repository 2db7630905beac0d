// What the atecc verbs print: complete enough to decide by, short enough to read, and which commands come next.
#include "cli/atecc_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "atecc608_zones.hpp"

namespace vouchgate::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(AteccText, slots_of_one_kind_are_one_line) {
  EXPECT_EQ(slots_text(test::jwt_1()),
            "  slots 0 to 1   private key, signs the host's digests, GenKey makes it, can be locked (8120 3300)\n"
            "  slots 2 to 7   data, never read, never written (8f8f 1c00)\n"
            "  slots 8 to 15  data, read in clear, written in clear, can be locked (0f0f 3c00)\n");
}

TEST(AteccText, changes_of_one_kind_are_said_at_once) {
  config::ChipConfig file;
  file.zone = test::jwt_1();
  const ChipPlan plan = plan_chip(file, test::factory_608a(), 0, "bus");
  const std::string text = changes_text(plan);
  EXPECT_THAT(text, HasSubstr("changes in 9 words of four bytes"));
  EXPECT_THAT(text,
              HasSubstr("  slots.8, slots.9, slots.10, slots.11, slots.12, slots.13, slots.14: data, read in clear"));
  EXPECT_THAT(text, HasSubstr("  slots.15: data"));
  EXPECT_THAT(plan_json(plan).dump(), Not(HasSubstr("slots.8, slots.9"))) << "programs get each of its own";
}

TEST(AteccText, a_chip_says_what_it_is_where_and_what_its_slot_holds) {
  ChipSeen chip{"/dev/i2c-1", 0x60, 0, test::jwt_1(), {}};
  EXPECT_THAT(chip_text(chip),
              HasSubstr("where            /dev/i2c-1 0x60\nconfiguration    open\ndata and OTP     open\n"));
  EXPECT_THAT(chip_text(chip), Not(HasSubstr("holds")));
  EXPECT_TRUE(chip_json(chip)["key"].is_null()) << "an open chip does not tell";
  chip.key = false;
  EXPECT_THAT(chip_text(chip), HasSubstr("; holds no key\n"));
  const ChipSeen provisioned{"/dev/i2c-1", 0x35, 0, test::trust_and_go(), true};
  EXPECT_THAT(chip_text(provisioned), HasSubstr("by Microchip (Trust&GO); used as it comes"));
  EXPECT_EQ(state_text(provisioned.zone), "already provisioned (Trust&GO)");
}

TEST(AteccText, the_steps_that_nothing_undoes_are_marked) {
  using enum ChipStep;
  EXPECT_EQ(steps_text({write, lock_config, make_key, lock_slot}, 1, "vouchgate atecc", "chip.yaml"),
            "next:\n"
            "  1. vouchgate atecc write chip.yaml --commit\n"
            "  2. vouchgate atecc lock-config chip.yaml --commit     for ever\n"
            "  3. vouchgate key create     with key.holder: atecc608 in the configuration\n"
            "  4. vouchgate atecc lock-slot 1 --commit     for ever\n");
  EXPECT_EQ(steps_text({}, 0, "vouchgate atecc", "chip.yaml"), "");
}

TEST(AteccText, an_objection_brings_its_hint) {
  EXPECT_EQ(
      objections_text({{"slots.0.ecdh", "serves key agreement", "", false}, {"chip_mode", "is odd", "set it", true}}),
      "remark   slots.0.ecdh: serves key agreement\n"
      "refused  chip_mode: is odd\n"
      "           hint: set it\n");
}

}  // namespace
}  // namespace vouchgate::cli
