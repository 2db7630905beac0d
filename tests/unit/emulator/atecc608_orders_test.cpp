// Orders for faults and the program's command line: what is taken and what is refused. Never a device.
#include "emulator/atecc608/orders.hpp"

#include <gtest/gtest.h>

#include "emulator/atecc608/chip_options.hpp"

namespace vouchgate::emulator::atecc608 {
namespace {

TEST(Atecc608OrdersTest, CountsSkipsAndChancesAreTaken) {
  Faults faults(1);
  EXPECT_EQ(carry_out(R"({"fault":"nack","count":1,"skip":1})", faults), "ordered");
  EXPECT_FALSE(faults.strikes(Fault::nack));
  EXPECT_TRUE(faults.strikes(Fault::nack));
  EXPECT_FALSE(faults.strikes(Fault::nack));
  EXPECT_EQ(carry_out(R"({"fault":"everything","probability":1})", faults), "ordered");
  EXPECT_TRUE(faults.strikes(Fault::ecc_fault));
  EXPECT_FALSE(faults.strikes(Fault::vanish));
  EXPECT_EQ(carry_out(R"({"clear":true})", faults), "cleared");
  EXPECT_FALSE(faults.strikes(Fault::ecc_fault));
  EXPECT_EQ(carry_out(R"({"counts":true})", faults), "counts");
}

TEST(Atecc608OrdersTest, AnOrderThatIsNotWhollyUnderstoodIsRefused) {
  for (const char* order :
       {"", "nack", "[]", "{}", R"({"fault":"gremlin"})", R"({"fault":7})", R"({"fault":"everything"})",
        R"({"fault":"nack","count":-1})", R"({"fault":"nack","count":1.5})", R"({"fault":"nack","times":3})",
        R"({"fault":"nack","probability":2})", R"({"fault":"nack","probability":"1"})",
        R"({"fault":"nack","probability":0.5,"count":1})", R"({"fault":"nack","fault":"vanish"})", R"({"clear":false})",
        R"({"counts":true,"clear":true})"}) {
    Faults faults(1);
    const auto refused = carry_out(order, faults);
    ASSERT_FALSE(refused) << order;
    EXPECT_EQ(refused.error().code, Code::invalid);
    EXPECT_FALSE(faults.strikes(Fault::nack)) << order;
  }
}

TEST(Atecc608OrdersTest, OptionsAreTaken) {
  const auto line = parse_chip_options({"--state", "s", "--fuse=d", "--part", "508a", "--preset", "jwt-1-key",
                                        "--nack-errno", "EIO", "--bus-hz", "400000", "--smbus-only"});
  ASSERT_TRUE(std::holds_alternative<ChipOptions>(line));
  const auto& options = std::get<ChipOptions>(line);
  EXPECT_EQ(options.part, Part::atecc508a);
  EXPECT_EQ(options.preset, Preset::jwt1_key);
  EXPECT_EQ(options.nack_errno, EIO);
  EXPECT_EQ(options.bus_hz, 400'000U);
  EXPECT_TRUE(options.smbus_only && options.part_given);
}

TEST(Atecc608OrdersTest, WrongOptionsAreRefusedByName) {
  using Words = std::vector<std::string>;
  for (const auto& [words, subject] : std::vector<std::pair<Words, std::string>>{
           {{}, "--state"},
           {{"--state", "s"}, "--fuse and --cuse"},
           {{"--state", "s", "--fuse", "d", "--cuse", "i2c-9"}, "--fuse and --cuse"},
           {{"--part", "609"}, "--part"},
           {{"--preset", "jwt"}, "--preset"},
           {{"--state", "s", "--fuse", "d", "--part", "608a", "--preset", "trust-and-go"}, "--preset"},
           {{"--state", "s", "--fuse", "d", "--part", "608a", "--preset", "trust-flex"}, "--preset"},
           {{"--nack-errno", "EPERM"}, "--nack-errno"},
           {{"--bus-hz", "100k"}, "--bus-hz"},
           {{"--bus-hz", "0"}, "--bus-hz"},
           {{"--name", "../x"}, "--name"},
           {{"--cuse", "a/b"}, "--cuse"},
           {{"--state"}, "--state"},
           {{"--state="}, "--state"},
           {{"--wrong"}, "'--wrong'"}}) {
    const auto line = parse_chip_options(words);
    ASSERT_TRUE(std::holds_alternative<Error>(line)) << subject;
    EXPECT_EQ(std::get<Error>(line).subject, subject);
  }
  EXPECT_TRUE(std::holds_alternative<ChipText>(parse_chip_options({"--help"})));
}

}  // namespace
}  // namespace vouchgate::emulator::atecc608
