// One-line JSON as it goes out. Never parses.
#include "vouchgate/base/json_text.hpp"

#include <gtest/gtest.h>

namespace vouchgate {
namespace {

TEST(JsonText, EveryKindOfFieldIsWritten) {
  EXPECT_EQ(JsonLine("x").text("a", "b").text_if_any("n", "").number("c", 7).flag("d", false).str(),
            R"({"op":"x","a":"b","c":7,"d":false})");
}
TEST(JsonText, QuotesAndControlsAreEscaped) {
  EXPECT_EQ(JsonLine("x").text("a", "\"\\\n\x1f\x7f\xc3\xa9").str(),
            "{\"op\":\"x\",\"a\":\"\\\"\\\\\\u000a\\u001f\x7f\xc3\xa9\"}");
}
TEST(JsonText, BrokenUtf8BecomesTheReplacementCharacter) {
  EXPECT_EQ(JsonLine("x").text("a", "\xff!").str(), "{\"op\":\"x\",\"a\":\"\xef\xbf\xbd!\"}");
}

}  // namespace
}  // namespace vouchgate
