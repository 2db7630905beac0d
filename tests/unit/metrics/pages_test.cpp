// History, feed, routes and the page's policy as values. Never opens a socket.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "metrics/feed.hpp"
#include "metrics/history.hpp"
#include "metrics/http.hpp"
#include "metrics/page.hpp"
#include "virtual_time.hpp"
#include "vouchgate/metrics/recent_events.hpp"

namespace vouchgate::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(History, KeepsAnHourOfDifferences) {
  support::VirtualTime time;
  History history;
  Status status;
  status.session.state = "connected";
  status.spool.total.stored = 1000;
  for (int minute = 0; minute <= 70; ++minute) {
    history.sample(status, time.monotonic());
    status.spool.total.stored += 5;
    status.spool.total.delivered += 3;
    status.spool.total.pending += 2;
    status.direct += 1;
    time.advance(std::chrono::minutes(1));
  }
  const auto samples = nlohmann::json::parse(history.json(time.monotonic()));
  ASSERT_EQ(samples.size(), 60u);
  EXPECT_EQ(samples.front().at("age_s"), 3600);
  EXPECT_EQ(samples.back().dump(), R"({"age_s":60,"bytes":0,"connected":true,"delivered":4,"pending":140,"stored":6})");
}

TEST(History, ACounterThatBeganAnewIsNoHugeNumber) {
  History history;
  Status status;
  status.spool.total.delivered = 9;
  history.sample(status, {});
  status.spool.total.delivered = 2;
  history.sample(status, {});
  EXPECT_EQ(nlohmann::json::parse(history.json({})).at(0).at("delivered"), 2);
}

TEST(Feed, CutsTheChildrenButCountsAllAndShowsTheTroubledFirst) {
  Status status;
  for (const char* state : {"subscribed", "subscribed", "held-off", "subscribed"})
    status.children.push_back({"pump-" + std::to_string(status.children.size()), state, "", {}, 0, {}});
  const auto names = [](const Status& shown) {
    std::string out;
    for (const ChildStatus& child : shown.children) out += child.device + " ";
    return out;
  };
  EXPECT_EQ(feed(status, 2, names, "[1]", "[2]"),
            "event: children\ndata: {\"total\":4,\"states\":{\"subscribed\":3,\"held-off\":1}}\n\n"
            "event: history\ndata: [1]\n\nevent: log\ndata: [2]\n\ndata: pump-2 pump-0 \n\n");
  EXPECT_THAT(feed(status, 4, names, "", ""), HasSubstr("data: pump-0 pump-1 pump-2 pump-3 \n"));
}

TEST(Http, Routes) {
  EXPECT_EQ(place_of("GET", "/metrics", "127.0.0.1:9464", true), Place::numbers);
  EXPECT_EQ(place_of("GET", "/metrics?x=/", "[::1]:9464", true), Place::numbers);
  EXPECT_EQ(place_of("GET", "/", "localhost", true), Place::page);
  EXPECT_EQ(place_of("GET", "/events", "", true), Place::events);
  for (const char* target : {"", "//", "/metrics/", "/index.html", "*", "/../metrics", "http://x/metrics"})
    EXPECT_EQ(place_of("GET", target, "", true), Place::nowhere) << target;
  for (const char* method : {"POST", "HEAD", "get", "DELETE", ""})
    EXPECT_EQ(place_of(method, "/", "", true), Place::not_a_read) << method;
  EXPECT_EQ(place_of("GET", "/", "evil.example:9464", true), Place::stranger);
  EXPECT_EQ(place_of("GET", "/", "box-7.example:9464", false), Place::page);
}

TEST(Http, ARefusalIsAWholeAnswer) {
  EXPECT_THAT(refusal(405), StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"));
  EXPECT_THAT(refusal(405),
              HasSubstr("\r\nAllow: GET\r\nContent-Length: 34\r\n\r\nEverything here is read with GET.\n"));
}

TEST(Page, NamesItsOwnScriptAndStyleAndNothingElse) {
  EXPECT_THAT(page_policy(), StartsWith("default-src 'none'; script-src 'sha256-"));
  EXPECT_EQ(page_script_sha256().size(), 64u);
  EXPECT_NE(page_script_sha256(), page_style_sha256());
  for (const char* foreign : {"http://", "https://", " style=", " onclick=", "innerHTML", "src="}) {
    const std::string_view page = page_html();
    std::size_t found = 0;
    for (std::size_t at = page.find(foreign); at != std::string_view::npos; at = page.find(foreign, at + 1))
      found += page.substr(at).starts_with("http://www.w3.org/2000/svg") ? 0 : 1;  // a name, not an address
    EXPECT_EQ(found, 0u) << foreign;
  }
}

struct Kept : log::Sink {
  void write(const log::Line& line) override { texts.push_back(line.text); }
  std::vector<std::string> texts;
};

TEST(RecentEvents, RemembersTheLastFiftyAndPassesAllOn) {
  support::VirtualTime time;
  const auto kept = std::make_shared<Kept>();
  const auto before = log::set_sink(kept);
  {
    const RecentEvents recent(time);
    for (int i = 0; i < 60; ++i)
      log::emit(events::Id::daemon_ready, {{"path", "/run/" + std::string(static_cast<std::size_t>(i), 'x')}});
    time.advance(std::chrono::seconds(7));
    const auto lines = nlohmann::json::parse(recent.json());
    EXPECT_LE(lines.size(), 50u);
    EXPECT_EQ(lines.back().at("age_s"), 7);
    EXPECT_EQ(lines.back().at("level"), "notice");
    EXPECT_EQ(lines.back().at("name"), "daemon_ready");
    EXPECT_EQ(lines.back().at("text"), kept->texts.back());
  }
  log::emit(events::Id::daemon_ready, {{"path", "after"}});
  EXPECT_EQ(kept->texts.back(), "ready: children may connect at after");
  log::set_sink(before);
}

}  // namespace
}  // namespace vouchgate::metrics
