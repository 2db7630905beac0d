// Log lines: filling, filtering, folding of repeats. Never prints: the sink is the test's own, and so is the clock.
#include "vouchgate/base/log.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace vouchgate::log {
namespace {

using events::Id;
using events::Level;

struct Collector : Sink {
  std::vector<std::string> texts;
  std::vector<std::string> keys;
  void write(const Line& line) override {
    texts.push_back(line.text);
    for (const Field& field : line.fields) keys.emplace_back(field.key);
  }
};

class Log : public ::testing::Test {
 protected:
  Log() : before(set_sink(collected)) {
    set_clock([this] { return now; });
    set_level(Level::debug);
  }
  ~Log() override {
    set_level(Level::info);
    set_clock(std::chrono::steady_clock::now);
    set_sink(before);
  }

  std::shared_ptr<Collector> collected = std::make_shared<Collector>();
  std::chrono::steady_clock::time_point now{};
  std::shared_ptr<Sink> before;
};

void refuse(const std::string& device) { emit(Id::child_refused, {{"device", device}, {"reason", "too large"}}); }

TEST_F(Log, FillsTheTemplateAndKeepsTheFields) {
  refuse("pump-7");
  EXPECT_EQ(collected->texts, std::vector<std::string>{"child: pump-7: refused a message: too large"});
  EXPECT_EQ(collected->keys, (std::vector<std::string>{"device", "reason"}));
}

TEST_F(Log, FoldsTheSameTextForAMinuteAndThenCounts) {
  for (int i = 0; i < 5; ++i) refuse("pump-7");
  EXPECT_EQ(collected->texts.size(), 1u);
  now += std::chrono::seconds(59);
  refuse("pump-7");
  EXPECT_EQ(collected->texts.size(), 1u);
  now += std::chrono::seconds(1);
  refuse("pump-7");
  ASSERT_EQ(collected->texts.size(), 2u);
  EXPECT_EQ(collected->texts[1], "child: pump-7: refused a message: too large (said 5 more times since)");
  now += std::chrono::minutes(2);
  refuse("pump-7");
  EXPECT_EQ(collected->texts[2], collected->texts[0]) << "counted what was counted already";
}

TEST_F(Log, DoesNotFoldDifferentTexts) {
  refuse("pump-7");
  refuse("pump-8");
  EXPECT_EQ(collected->texts.size(), 2u);
}

TEST_F(Log, RemembersABoundedNumberOfTexts) {
  for (int i = 0; i < 2000; ++i) {
    refuse("pump-" + std::to_string(i));
    now += std::chrono::seconds(13);
  }
  EXPECT_EQ(collected->texts.size(), 2000u);
  refuse("pump-1999");
  EXPECT_EQ(collected->texts.size(), 2000u) << "the latest text was forgotten";
}

TEST_F(Log, SaysWhatGoesOnLessAndLessOftenButHourly) {
  std::vector<std::size_t> at;
  for (int minute = 0; minute < 24 * 60; ++minute) {
    const std::size_t said = collected->texts.size();
    refuse("pump-7");
    if (collected->texts.size() > said) at.push_back(static_cast<std::size_t>(minute));
    now += std::chrono::minutes(1);
  }
  EXPECT_LE(at.size(), 31u);
  EXPECT_GE(at.size(), 24u);
  EXPECT_LE(at[3], 10u);
}

TEST_F(Log, FoldsWhatDiffersInADelayOrInTheNumbersOfAReason) {
  for (int i = 0; i < 5; ++i)
    emit(Id::connect_failed,
         {{"endpoint", "cloud:8883"}, {"reason", "after " + std::to_string(i) + " s"}, {"delay", std::to_string(i)}});
  EXPECT_EQ(collected->texts.size(), 1u);
  emit(Id::connect_failed, {{"endpoint", "cloud:443"}, {"reason", "after 1 s"}, {"delay", "1"}});
  EXPECT_EQ(collected->texts.size(), 2u) << "another endpoint is another matter";
}

TEST_F(Log, AFloodOfDifferentLinesOfOneEventIsCutAndCounted) {
  for (int i = 0; i < 1000; ++i) refuse("pump-" + std::to_string(i));
  EXPECT_EQ(collected->texts.size(), 200u);
  emit(Id::spool_failed, {{"reason", "disk"}});
  EXPECT_EQ(collected->texts.size(), 201u) << "one event's flood is not another's";
  now += std::chrono::seconds(13);
  refuse("pump-x");
  EXPECT_NE(collected->texts.back().find("(800 similar lines left out)"), std::string::npos);
}

TEST_F(Log, SaysOnlyWhatIsSevereEnough) {
  set_level(Level::warning);
  refuse("pump-7");  // info
  EXPECT_TRUE(collected->texts.empty());
  emit(Id::spool_failed, {{"reason", "disk"}});
  EXPECT_EQ(collected->texts.size(), 1u);
}

TEST_F(Log, SaysNothingLessWhenOneThreadEach) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([t] {
      for (int i = 0; i < 50; ++i) refuse("pump-" + std::to_string(t) + "-" + std::to_string(i));
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(collected->texts.size(), 200u);
}

TEST(Fill, LeavesUnknownPlaceholdersAndLoneBracesAlone) {
  EXPECT_EQ(fill("{a} and {b}", {{"a", "1"}}), "1 and {b}");
  EXPECT_EQ(fill("{a", {{"a", "1"}}), "{a");
  EXPECT_EQ(fill("}{a}{", {{"a", "1"}}), "}1{");
  EXPECT_EQ(fill("{a}", {{"a", "{b}"}, {"b", "2"}}), "{b}") << "a value was filled in again";
}

TEST(LevelWords, AreTheFiveOfTheConfiguration) {
  Level level = Level::info;
  EXPECT_TRUE(level_from_word("error", level));
  EXPECT_EQ(level, Level::error);
  EXPECT_TRUE(level_from_word("debug", level));
  EXPECT_EQ(level, Level::debug);
  for (const char* word : {"", "Error", "warn", "trace"}) EXPECT_FALSE(level_from_word(word, level)) << word;
  EXPECT_EQ(level, Level::debug);
}

TEST_F(Log, RemembersTheLastFiveFaultsRepeatsInOne) {
  set_level(Level::error);
  EXPECT_TRUE(faults().empty());
  emit(Id::session_up, {{"endpoint", "cloud"}, {"valid", "1 h"}});
  for (int i = 0; i < 3; ++i)
    emit(Id::session_lost, {{"reason", "reset after " + std::to_string(i)}, {"delay", "2 s"}});
  now += std::chrono::seconds(10);
  for (const char* const device : {"a", "b", "c", "d"})
    emit(Id::child_held_off, {{"device", device}, {"reason", "x"}, {"delay", "5 s"}});
  now += std::chrono::seconds(5);
  emit(Id::session_lost, {{"reason", "reset after 9"}, {"delay", "4 s"}});
  auto kept = faults();
  ASSERT_EQ(kept.size(), 5u);
  EXPECT_EQ(kept.back().event->name, "session_lost") << "a repeat is the newest again";
  EXPECT_EQ(kept.back().count, 4u);
  EXPECT_EQ(kept.back().text, "session lost: reset after 0; next try in 2 s");
  EXPECT_EQ(kept.back().age, std::chrono::seconds(0));
  EXPECT_EQ(kept.front().age, std::chrono::seconds(5));
  emit(Id::token_failed, {{"reason", "x"}, {"delay", "1 s"}});
  kept = faults();
  EXPECT_EQ(kept.size(), 5u);
  EXPECT_EQ(kept.front().text, "child held off: b: x, next try in 5 s") << "the oldest makes room";
}

}  // namespace
}  // namespace vouchgate::log
