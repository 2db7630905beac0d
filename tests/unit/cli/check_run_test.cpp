// The run that orders the checks, and the report of what they found.
#include "cli/check/run.hpp"

#include <gmock/gmock.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>

#include "cli/check/report.hpp"

namespace vouchgate::cli::check {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::chrono::steady_clock::time_point in_a_minute() { return std::chrono::steady_clock::now() + seconds(60); }
void nobody(const Finding&) {}

TEST(CheckRun, what_rests_on_a_failure_is_skipped_and_names_it) {
  const auto fails = [] { return failed("x", "h"); };
  const auto fine = [] { return ok("y"); };
  const auto away = [] { return skipped("because there is no chip"); };
  const auto done = run_checks({{"a", {}, seconds(60), fails},
                                {"b", {"a"}, seconds(60), fine},
                                {"c", {"b"}, seconds(60), fine},
                                {"d", {}, seconds(60), away},
                                {"e", {"d"}, seconds(60), fine},
                                {"f", {}, seconds(60), fine}},
                               in_a_minute(), nobody);
  std::vector<std::string> said;
  for (const Finding& one : done.findings) said.push_back(one.id + " " + word(one.verdict) + " " + one.what);
  EXPECT_THAT(said, ElementsAre("a failed x", "b skipped because a failed", "c skipped because a failed",
                                "d skipped because there is no chip", "e skipped because there is no chip", "f ok y"));
  EXPECT_FALSE(done.hung);
}

struct Gate {
  std::mutex mutex;
  std::condition_variable news;
  bool open = false;
};

TEST(CheckRun, what_hangs_fails_and_the_others_go_on) {
  const auto gate = std::make_shared<Gate>();  // shared with a thread that outlives the run
  const auto hangs = [gate] {
    std::unique_lock lock(gate->mutex);
    gate->news.wait(lock, [&] { return gate->open; });
    return ok("late");
  };
  const auto fine = [] { return ok("y"); };
  const auto done =
      run_checks({{"a", {}, milliseconds(20), hangs}, {"b", {}, seconds(60), fine}}, in_a_minute(), nobody);
  EXPECT_TRUE(done.hung);
  EXPECT_EQ(done.findings[0].verdict, Verdict::failed);
  EXPECT_THAT(done.findings[0].what, HasSubstr("no answer within"));
  EXPECT_EQ(done.findings[1].verdict, Verdict::ok);
  const std::lock_guard lock(gate->mutex);
  gate->open = true;
  gate->news.notify_all();
}

TEST(CheckRun, what_hangs_has_a_hint_of_its_own) {
  const auto gate = std::make_shared<Gate>();
  const auto hangs = [gate] {
    std::unique_lock lock(gate->mutex);
    gate->news.wait(lock, [&] { return gate->open; });
    return ok("late");
  };
  const auto done = run_checks({{"dns", {}, milliseconds(20), hangs, "ask the name server"}}, in_a_minute(), nobody);
  EXPECT_EQ(done.findings[0].hint, "ask the name server");
  const std::lock_guard lock(gate->mutex);
  gate->open = true;
  gate->news.notify_all();
}

TEST(CheckRun, nothing_begins_after_the_deadline) {
  const auto never = [] { return failed("begun", "h"); };
  const auto done = run_checks({{"a", {}, seconds(60), never}}, std::chrono::steady_clock::now(), nobody);
  EXPECT_EQ(done.findings[0].what, "because no time is left");
}

TEST(CheckReport, lines_and_sums) {
  Finding one = failed("broken", "mend it");
  one.id = "key.signs";
  EXPECT_EQ(text_of(one), "FAILED   key.signs             broken\n           hint: mend it\n");
  EXPECT_EQ(text_of(one, true), "\x1b[1;31mFAILED   \x1b[0mkey.signs             broken\n           hint: mend it\n");
  EXPECT_EQ(sum_text(tally({one, ok(""), warning("", "h")})), "1 ok, 1 warning, 1 failed, 0 skipped\n");
  EXPECT_EQ(json_of({one}, "stopped").dump(),
            R"({"daemon":"stopped","ok":0,"warnings":0,"failed":1,"skipped":0,"checks":[{"id":"key.signs",)"
            R"("verdict":"failed","what":"broken","hint":"mend it","repairs":[]}]})");
}

}  // namespace
}  // namespace vouchgate::cli::check
