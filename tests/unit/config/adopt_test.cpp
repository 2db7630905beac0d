// Every key of the description is walked: what is marked live is taken over by a reload, what is not stays, the page
// says so, and the list of live keys is what the other rooms were built for.
#include <gmock/gmock.h>

#include <sstream>

#include "config/visitor.hpp"
#include "vouchgate/config/config.hpp"

namespace vouchgate::config {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Gives every key another value, and notes how each reads.
class Changer : public Visitor {
 public:
  explicit Changer(bool change) : change_(change) {}
  std::map<std::string, std::string> values;

  bool enter(const char* key, const char*) override {
    path_.push_back(path_of(key));
    return true;
  }
  void leave() override { path_.pop_back(); }
  void text(const char* key, std::string& value, const char*) override {
    if (change_) value += "x";
    values[path_of(key)] = value;
  }
  void word(const char* key, std::string& value, const std::vector<std::string>&, const char*) override {
    text(key, value, "");
  }
  void duration(const char* key, Duration& value, DurationRange, const char*) override {
    if (change_) value += Duration(1);
    values[path_of(key)] = std::to_string(value.count());
  }
  void number(const char* key, std::uint64_t& value, NumberRange, Style, const char*) override {
    if (change_) value += 1;
    values[path_of(key)] = std::to_string(value);
  }
  void texts(const char* key, std::vector<std::string>& value, const char*) override {
    if (change_) value.emplace_back("x");
    values[path_of(key)] = std::to_string(value.size());
  }
  void text_map(const char* key, std::map<std::string, std::string>& value, const char*) override {
    if (change_) value["x"] = "y";
    values[path_of(key)] = std::to_string(value.size());
  }
  void devices(const char* key, std::vector<DeviceSettings>& value, DescribeDevice, const char*) override {
    if (change_) value.emplace_back().id = "pump-1";
    values[path_of(key)] = std::to_string(value.size());
  }

 private:
  std::string path_of(const char* key) const { return path_.empty() ? key : path_.back() + "." + key; }
  bool change_;
  std::vector<std::string> path_;
};

std::map<std::string, std::string> values_of(Settings settings) {
  Changer reader(false);
  describe(reader, settings, {});
  return reader.values;
}

Settings all_changed() {
  Settings settings;
  Changer changer(true);
  describe(changer, settings, {});
  return settings;
}

// "token.lifetime" -> "live", from the rows of docs/configuration.md; devices[] stands for its keys.
std::map<std::string, std::string> documented() {
  std::map<std::string, std::string> out;
  std::istringstream page(reference_markdown());
  for (std::string row; std::getline(page, row);) {
    if (!row.starts_with("| `")) continue;
    std::vector<std::string> cells;
    std::istringstream parts(row);
    for (std::string cell; std::getline(parts, cell, '|');) cells.push_back(cell);
    std::string key = cells.at(1).substr(2, cells.at(1).size() - 4);
    if (key.starts_with("devices[]")) key = "devices";
    out[key] = cells.at(5).substr(1, cells.at(5).size() - 2);
  }
  return out;
}

TEST(Adopt, every_key_is_live_or_waits_for_a_restart_as_its_row_says) {
  const Settings wanted = all_changed();
  Settings running;
  const auto before = values_of(running);
  const auto after = values_of(wanted);
  const auto rows = documented();
  const auto changes = adopt(running, wanted);
  const auto now = values_of(running);
  ASSERT_EQ(changes.size(), before.size()) << "every key differed";
  EXPECT_EQ(rows.size(), before.size()) << "every key has a row";
  for (const Change& change : changes) {
    EXPECT_EQ(rows.at(change.key), change.live ? "live" : "restart") << change.key;
    EXPECT_EQ(now.at(change.key), change.live ? after.at(change.key) : before.at(change.key)) << change.key;
  }
}

// Marking a key live is a promise of the rooms that use it; a new one is added here together with its test there.
TEST(Adopt, these_keys_are_live) {
  Settings running;
  std::vector<std::string> live;
  for (const Change& change : adopt(running, all_changed()))
    if (change.live) live.push_back(change.key);
  EXPECT_THAT(live, ElementsAre("token.lifetime", "token.renew_before", "token.clock_skew", "token.backdate",
                                "token.audience", "token.kid", "token.claims", "cloud.endpoints", "cloud.tls.ca_file",
                                "cloud.tls.alpn", "cloud.keepalive", "cloud.connect_timeout", "cloud.ack_timeout",
                                "cloud.backoff.base", "cloud.backoff.cap", "cloud.limits.messages_per_second",
                                "cloud.limits.state_interval", "cloud.limits.bytes_per_second", "cloud.limits.window",
                                "cloud.attach.max_attached", "cloud.attach.ack_timeout", "cloud.attach.settle",
                                "cloud.attach.retry.base", "cloud.attach.retry.cap", "devices", "log.level"));
}

TEST(Adopt, what_is_the_same_is_no_change) {
  Settings running = all_changed();
  EXPECT_THAT(adopt(running, all_changed()), IsEmpty());
}

TEST(Adopt, a_key_that_waits_for_a_restart_is_named_at_every_reload_until_then) {
  Settings running;
  Settings wanted;
  wanted.spool.max_bytes *= 2;
  wanted.token.lifetime *= 2;
  EXPECT_THAT(adopt(running, wanted), ElementsAre(Change{"token.lifetime", true}, Change{"spool.max_bytes", false}));
  EXPECT_THAT(adopt(running, wanted), ElementsAre(Change{"spool.max_bytes", false}));
}

}  // namespace
}  // namespace vouchgate::config
