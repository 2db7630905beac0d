// Device ids and subfolders: the alphabet, the bounds, and what a topic must never carry.
#include "vouchgate/model/ids.hpp"

#include <gtest/gtest.h>

#include <unordered_set>

namespace vouchgate {
namespace {

TEST(DeviceId, AcceptsTheAlphabetWithinItsBounds) {
  for (const std::string& good : {std::string("abc"), std::string("pump-7"), std::string("A.b_c~d%e9"),
                                  std::string("goo"), std::string("a.b.c"), std::string(255, 'x')}) {
    const auto id = DeviceId::parse(good);
    ASSERT_TRUE(id.has_value()) << good << ": " << id.error().text();
    EXPECT_EQ(id->str(), good);
  }
}

TEST(DeviceId, RefusesWhatATopicOrTheRegistryCannotCarry) {
  for (const std::string& bad :
       {std::string(""), std::string("ab"), std::string(256, 'x'), std::string("7pump"), std::string("-ab"),
        std::string("pump/1"), std::string("pump+"), std::string("pump#"), std::string("pump 7"), std::string("a..b"),
        std::string("google-1"), std::string("goog"), std::string("pump\n7"), std::string("pump\0x", 6),
        std::string("p\xc3\xa4mp"), std::string("$sys")})
    EXPECT_FALSE(DeviceId::parse(bad).has_value()) << printable(bad);
}

TEST(DeviceId, ARefusalNamesTheCulpritAndTheReason) {
  const auto error = DeviceId::parse("pump/1").error();
  EXPECT_EQ(error.code, Code::invalid);
  EXPECT_EQ(error.line(), "device: 'pump/1': has '/', which a topic cannot carry");
  EXPECT_FALSE(error.hint.empty());
}

TEST(DeviceId, ARefusalIsSafeToPrint) {
  const auto line = DeviceId::parse("ab\x1b[2J\n").error().line();
  for (const char c : line) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << line;
}

TEST(DeviceId, OrdersAndHashesByItsText) {
  const auto a = *DeviceId::parse("aaa"), b = *DeviceId::parse("bbb");
  EXPECT_LT(a, b);
  EXPECT_EQ((std::unordered_set<DeviceId>{a, b, a}).size(), 2u);
}

TEST(Subfolder, AcceptsLevelsAndNone) {
  for (const std::string& good :
       {std::string(""), std::string("temp"), std::string("a/b/c"), std::string("7"), std::string(256, 'x')}) {
    const auto folder = Subfolder::parse(good);
    ASSERT_TRUE(folder.has_value()) << good;
    EXPECT_EQ(folder->str(), good);
    EXPECT_EQ(folder->empty(), good.empty());
  }
}

TEST(Subfolder, RefusesEmptyLevelsWildcardsAndLength) {
  for (const std::string& bad : {std::string("/"), std::string("/a"), std::string("a/"), std::string("a//b"),
                                 std::string("a/+/b"), std::string("#"), std::string("a b"), std::string("a/../b"),
                                 std::string(257, 'x'), std::string("a\0b", 3), std::string("\xc3\xa4")})
    EXPECT_FALSE(Subfolder::parse(bad).has_value()) << printable(bad);
}

TEST(Printable, EscapesEverythingButPrintableAscii) {
  EXPECT_EQ(printable("plain ~"), "plain ~");
  EXPECT_EQ(printable(std::string_view("\0\n\x7f\xff", 4)), "\\x00\\x0a\\x7f\\xff");
}

TEST(Printable, CutsWhatIsTooLongForALine) {
  EXPECT_EQ(printable(std::string(80, 'x')), std::string(80, 'x'));
  EXPECT_EQ(printable(std::string(500, 'x')), std::string(80, 'x') + "...");
}

}  // namespace
}  // namespace vouchgate
