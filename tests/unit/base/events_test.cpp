// The event table: identifiers well-formed and unique, every line explained, every placeholder a legal field.
#include "vouchgate/base/events.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace vouchgate::events {
namespace {

bool is_field(std::string_view key) {
  return !key.empty() && key.front() >= 'a' && key.front() <= 'z' && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

TEST(Events, HaveUniqueNamesAndIdentifiers) {
  std::set<std::string_view> names, identifiers;
  for (const auto& event : all()) {
    EXPECT_TRUE(names.insert(event.name).second) << event.name;
    EXPECT_TRUE(identifiers.insert(event.message_id).second) << event.name;
  }
  EXPECT_FALSE(names.empty());
}

TEST(Events, IdentifiersAre128BitsInLowerCaseHex) {
  for (const auto& event : all()) {
    EXPECT_EQ(event.message_id.size(), 32u) << event.name;
    EXPECT_EQ(event.message_id.find_first_not_of("0123456789abcdef"), std::string_view::npos) << event.name;
  }
}

TEST(Events, AreFoundByTheirEnumerator) {
  EXPECT_EQ(describe(Id::daemon_started).name, "daemon_started");
  EXPECT_EQ(describe(Id::key_in_file).name, "key_in_file");
}

TEST(Events, EveryPlaceholderIsALegalField) {
  for (const auto& event : all()) {
    const auto text = event.text;
    for (std::size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
      const auto close = text.find('}', open);
      ASSERT_NE(close, std::string_view::npos) << event.name;
      EXPECT_TRUE(is_field(text.substr(open + 1, close - open - 1))) << event.name;
    }
    EXPECT_EQ(std::count(text.begin(), text.end(), '{'), std::count(text.begin(), text.end(), '}')) << event.name;
  }
}

TEST(Events, NoFieldNamesASecret) {
  for (const auto& event : all())
    for (const char* secret : {"{token}", "{password}", "{payload}", "{key}", "{jwt}"})
      EXPECT_EQ(event.text.find(secret), std::string_view::npos) << event.name;
}

TEST(Events, AreExplainedToTheOperator) {
  for (const auto& event : all()) {
    EXPECT_FALSE(event.text.empty()) << event.name;
    EXPECT_FALSE(event.subject.empty()) << event.name;
    EXPECT_NE(event.subject.back(), '.') << event.name;
    EXPECT_GT(event.paragraph.size(), 20u) << event.name;
    EXPECT_EQ(event.paragraph.back(), '.') << event.name;
    EXPECT_GE(event.level, Level::error) << event.name;
    EXPECT_LE(event.level, Level::debug) << event.name;
  }
}

}  // namespace
}  // namespace vouchgate::events
