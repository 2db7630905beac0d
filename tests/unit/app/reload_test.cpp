// A configuration read beside the loop: one at a time, its result on the loop, every mistake said.
#include "app/reload.hpp"

#include <gmock/gmock.h>

#include <future>

#include "virtual_time.hpp"
#include "vouchgate/base/log.hpp"

namespace vouchgate::app {
namespace {

using ::testing::ElementsAre;

class Recorder : public log::Sink {
 public:
  void write(const log::Line& line) override { lines.push_back(line.text); }
  std::vector<std::string> lines;
};

class ReloadSaid : public ::testing::Test {
 protected:
  ReloadSaid() : previous_(log::set_sink(recorder)) {}
  ~ReloadSaid() override { log::set_sink(previous_); }
  std::shared_ptr<Recorder> recorder = std::make_shared<Recorder>();

 private:
  std::shared_ptr<log::Sink> previous_;
};

TEST(ConfigReader, ReadsBesideTheLoopOneAtATime) {
  support::ManualPost loop;
  std::promise<void> may_end;
  const auto permission = may_end.get_future().share();
  const auto loop_thread = std::this_thread::get_id();
  ConfigReader reader(
      [=] {
        permission.wait();
        config::Loaded loaded;
        loaded.settings.token.kid = std::this_thread::get_id() == loop_thread ? "on the loop" : "beside it";
        return loaded;
      },
      loop.post());
  std::vector<std::string> got;
  const auto done = [&](const Candidate& candidate) { got.push_back(candidate.loaded.settings.token.kid); };
  ASSERT_TRUE(reader.start(done));
  EXPECT_FALSE(reader.start(done)) << "one is under way";
  may_end.set_value();
  ASSERT_TRUE(loop.run_until([&] { return !got.empty(); }));
  EXPECT_THAT(got, ElementsAre("beside it"));
  EXPECT_TRUE(reader.start(done));
  ASSERT_TRUE(loop.run_until([&] { return got.size() == 2; }));
}

TEST(ConfigReader, MayEndWhileItReads) {
  support::ManualPost loop;
  bool told = false;
  {
    ConfigReader reader([] { return config::Loaded{}; }, loop.post());
    ASSERT_TRUE(reader.start([&](const Candidate&) { told = true; }));
  }
  EXPECT_FALSE(told) << "its answer waits in a loop that does not turn any more";
}

TEST(ConfigReader, AUserThatDoesNotExistIsAnErrorOfItsOwn) {
  support::ManualPost loop;
  ConfigReader reader(
      [] {
        config::Loaded loaded;
        DeviceSettings device;
        device.id = "pump-1";
        device.users = {"root", "nobody-of-that-name"};
        loaded.settings.devices = {device};
        return loaded;
      },
      loop.post());
  std::string problem;
  ASSERT_TRUE(reader.start(
      [&](const Candidate& candidate) { problem = candidate.users ? "none" : candidate.users.error().line(); }));
  ASSERT_TRUE(loop.run_until([&] { return !problem.empty(); }));
  EXPECT_THAT(problem, ::testing::HasSubstr("no local user is called 'nobody-of-that-name'"));
}

TEST_F(ReloadSaid, EveryMistakeInItsOwnLineAndTheFirstInShort) {
  const std::vector<config::Mistake> mistakes{
      {"v.yaml", 3, 5, "token.lifetme: unknown key", "did you mean 'lifetime'?"},
      {"v.yaml", 9, 1, "contrl: unknown key", ""}};
  EXPECT_EQ(say_mistakes(mistakes, "1"), "v.yaml:3:5: token.lifetme: unknown key (and 1 more)");
  say_mistakes(mistakes, "2");
  EXPECT_EQ(recorder->lines.size(), 4u) << "another reload says them again";
  EXPECT_EQ(recorder->lines[0], mistakes[0].text());
}

TEST_F(ReloadSaid, OneLineNamesWhatIsInForceAndOneWhatWaits) {
  say_changes({{"token.lifetime", true}, {"spool.path", false}, {"devices", true}, {"key.holder", false}}, "1");
  say_changes({}, "2");
  EXPECT_THAT(recorder->lines, ElementsAre("configuration reloaded: token.lifetime, devices",
                                           "configuration: waits for a restart: spool.path, key.holder",
                                           "configuration reloaded: nothing changed"));
}

}  // namespace
}  // namespace vouchgate::app
