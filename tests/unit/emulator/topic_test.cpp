// The closed set of topics and filters. Never needs a session.
#include "emulator/topic.hpp"

#include <gtest/gtest.h>

namespace vouchgate::emulator {
namespace {

TEST(TopicTest, TakesTheFixedTopicsApart) {
  const auto event = parse_topic("/devices/pump-1/events/a/b");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->device, "pump-1");
  EXPECT_EQ(event->subfolder, "a/b");
  EXPECT_EQ(parse_topic("/devices/pump-1/state")->kind, TopicKind::state);
  EXPECT_EQ(parse_topic("/devices/pump-1/commands")->kind, TopicKind::commands);
}

TEST(TopicTest, RefusesEveryOtherTopic) {
  for (const char* text : {"devices/pump-1/events", "/devices/pump-1", "/devices//events", "/devices/pump-1/",
                           "/devices/pump-1/state/x", "/devices/pump-1/events/", "/devices/pump-1/events//x",
                           "/devices/pump-1/attach/x", "/other/pump-1/events", "/devices/pump-1/eventsx", ""})
    EXPECT_FALSE(parse_topic(text)) << text;
}

TEST(TopicTest, TakesOnlyTheThreeFiltersOfADevice) {
  EXPECT_TRUE(parse_filter("/devices/pump-1/config"));
  EXPECT_TRUE(parse_filter("/devices/pump-1/commands/#"));
  EXPECT_TRUE(parse_filter("/devices/pump-1/errors"));
  for (const char* text : {"/devices/pump-1/commands", "/devices/pump-1/commands/x", "/devices/pump-1/config/#",
                           "/devices/pump-1/events", "/devices/+/config", "/devices/#", "#"})
    EXPECT_FALSE(parse_filter(text)) << text;
}

}  // namespace
}  // namespace vouchgate::emulator
