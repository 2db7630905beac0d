// The error grammar and the words of its codes.
#include "vouchgate/base/error.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "vouchgate/base/result.hpp"

namespace vouchgate {
namespace {

TEST(Error, PrintsContextSubjectAndReason) {
  const Error error{Code::denied, "tpm", "/dev/tpmrm0", "permission denied", "add the user to group tss"};
  EXPECT_EQ(error.line(), "tpm: /dev/tpmrm0: permission denied");
  EXPECT_EQ(error.text(), "tpm: /dev/tpmrm0: permission denied\n  hint: add the user to group tss");
}

TEST(Error, LeavesOutWhatIsEmpty) {
  EXPECT_EQ((Error{Code::invalid, "hex", "", "odd number of digits", ""}).text(), "hex: odd number of digits");
  EXPECT_EQ((Error{Code::invalid, "", "x", "y", ""}).line(), "x: y");
  EXPECT_EQ((Error{Code::invalid, "spool", "", "", ""}).line(), "spool");
  EXPECT_EQ(Error{}.line(), "");
}

TEST(Error, EveryCodeHasItsOwnWord) {
  std::set<std::string> words;
  for (int code = 0; code <= static_cast<int>(Code::internal); ++code) words.insert(word(static_cast<Code>(code)));
  EXPECT_EQ(words.size(), static_cast<std::size_t>(Code::internal) + 1);
  EXPECT_STREQ(word(Code::too_large), "too-large");
  EXPECT_STREQ(word(Code::not_found), "not-found");
}

TEST(Result, CarriesAFailureUnchanged) {
  const Result<int> got = fail(Code::busy, "key", "0x81", "in use", "wait");
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().text(), "key: 0x81: in use\n  hint: wait");
  EXPECT_EQ(got.error().code, Code::busy);
}

}  // namespace
}  // namespace vouchgate
