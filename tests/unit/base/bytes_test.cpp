// Hex, base64, base64url and UTF-8: the vectors of their RFCs, and one spelling per value.
#include "vouchgate/base/bytes.hpp"

#include <gtest/gtest.h>

namespace vouchgate {
namespace {

TEST(Bytes, Base64FollowsTheVectorsOfRfc4648) {
  const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : vectors) {
    EXPECT_EQ(base64(view(plain)), coded);
    const auto back = from_base64(coded);
    ASSERT_TRUE(back.has_value()) << coded;
    EXPECT_EQ(text(*back), plain);
    const auto bare = coded.substr(0, coded.find('='));
    EXPECT_EQ(base64url(view(plain)), bare);
    const auto url_back = from_base64url(bare);
    ASSERT_TRUE(url_back.has_value()) << bare;
    EXPECT_EQ(text(*url_back), plain);
  }
}

TEST(Bytes, HexFollowsRfc4648ButInLowerCase) {
  EXPECT_EQ(hex(view("foobar")), "666f6f626172");
  EXPECT_EQ(text(*from_hex("666F6f626172")), "foobar");
}

TEST(Bytes, EveryByteSurvivesEveryForm) {
  Bytes all(256);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint8_t>(i);
  EXPECT_EQ(*from_hex(hex(all)), all);
  EXPECT_EQ(*from_base64(base64(all)), all);
  EXPECT_EQ(*from_base64url(base64url(all)), all);
}

TEST(Bytes, TheTwoAlphabetsDifferInTheirLastTwoLetters) {
  const Bytes high = {0xfb, 0xff};
  EXPECT_EQ(base64(high), "+/8=");
  EXPECT_EQ(base64url(high), "-_8");
}

TEST(Bytes, Base64RefusesEverySecondSpelling) {
  for (const char* bad : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zg==\n",
                          " Zg==", "Z g=", "-_8=", "====", "Zg==Zg==", "=", "Z===", "Zm9v="})
    EXPECT_FALSE(from_base64(bad).has_value()) << bad;
}

TEST(Bytes, Base64urlRefusesEverySecondSpelling) {
  for (const char* bad : {"Zg==", "Zh", "Zm9", "Z", "Zm9vY", "+/8", "Zg\n", " Zg", "Zg="})
    EXPECT_FALSE(from_base64url(bad).has_value()) << bad;
}

TEST(Bytes, ARefusalSaysWhatAndWhy) {
  const auto error = from_base64url("Zh").error();
  EXPECT_EQ(error.code, Code::invalid);
  EXPECT_EQ(error.line(), "base64url: trailing bits are not zero");
}

TEST(Bytes, HexRefusesHalfBytesAndForeignDigits) {
  for (const char* bad : {"0", "0g", "0x00", " 00", "0\n"}) EXPECT_FALSE(from_hex(bad).has_value()) << bad;
  EXPECT_TRUE(from_hex("")->empty());
}

TEST(Utf8, AcceptsEveryLengthUpToItsBounds) {
  for (const char* good : {"", "plain", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_utf8(good)) << hex(view(good));
  EXPECT_TRUE(is_utf8(std::string_view("\0", 1)));
}

TEST(Utf8, RefusesWhatRfc3629Forbids) {
  for (const char* bad : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf",  // overlong
                          "\xed\xa0\x80", "\xed\xbf\xbf",                                              // surrogates
                          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",                              // past U+10FFFF
                          "\xc2", "\xe2\x82", "\xf0\x9f\x92", "\xc2g", "\xe2\x28\xa1", "ok\xc3"})      // cut or broken
    EXPECT_FALSE(is_utf8(bad)) << hex(view(bad));
}

}  // namespace
}  // namespace vouchgate
