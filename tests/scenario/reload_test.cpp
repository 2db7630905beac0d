// A new configuration during traffic: what is live takes effect, the session stays, no message is lost.
#include <gmock/gmock.h>

#include "gateway_fixture.hpp"

namespace vouchgate::scenario {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Reload : public GatewayScenario {
 protected:
  void add(const std::string& name) { settings.devices.emplace_back().id = name; }
  void remove(const std::string& name) {
    std::erase_if(settings.devices, [&](const DeviceSettings& device) { return device.id == name; });
  }
  void reload() {
    const auto done = gateway->reload(settings);
    ASSERT_TRUE(done) << done.error().text();
  }
};

TEST_F(Reload, a_device_that_was_added_is_known_and_attached_at_once) {
  start();
  greet("pump-1");
  offer_many("pump-1", 1, 50);
  ASSERT_FALSE(hello("pump-9"));
  add("pump-9");
  reload();
  greet("pump-9");
  offer_many("pump-9", 1, 20);
  offer_many("pump-1", 51, 100);
  advance(2s);
  EXPECT_EQ(cloud.received(events_topic("pump-1")), numbers(1, 100));
  EXPECT_EQ(cloud.received(events_topic("pump-9")), numbers(1, 20));
  EXPECT_EQ(child_state("pump-9"), "subscribed");
  EXPECT_EQ(cloud.count("connect"), 1u) << "the session stays";
  EXPECT_THAT(logged->others, Contains(HasSubstr("added pump-9; removed none")));
  EXPECT_THAT(logged->warnings, IsEmpty());
}

TEST_F(Reload, a_device_that_was_removed_is_detached_and_its_queue_stays_and_is_said) {
  start();
  greet("pump-1");
  greet("pump-2");
  cloud.withhold_acks(true);
  offer_many("pump-1", 1, 500);
  offer_many("pump-2", 1, 500);
  settle();
  remove("pump-1");
  reload();
  settle();
  EXPECT_THAT(cloud.attached(), Not(Contains("pump-1")));
  EXPECT_EQ(child_state("pump-1"), "unknown");
  EXPECT_THAT(port.attachments, Contains("pump-1 detached: not configured on this gateway any more"));
  EXPECT_THAT(logged->warnings, Contains(HasSubstr("messages of pump-1, which is not configured, wait")));
  offer("pump-1", "late");
  settle();
  ASSERT_FALSE(port.errors.empty());
  EXPECT_EQ(port.errors.back().code, Code::not_found);
  cloud.deliver("/devices/pump-1/commands/reboot", "now");
  cloud.withhold_acks(false);
  advance(5s);
  EXPECT_THAT(port.commands, IsEmpty()) << "nothing of the cloud reaches a device that is not ours any more";
  EXPECT_EQ(cloud.received(events_topic("pump-2")), numbers(1, 500));
  const auto left = spool->usage().by_device.at("pump-1").pending;
  EXPECT_GT(left, 0u);
  EXPECT_EQ(left + cloud.received(events_topic("pump-1")).size(), 500u);
  EXPECT_EQ(cloud.count("connect"), 1u);

  add("pump-1");
  reload();
  ASSERT_TRUE(advance_until([&] { return spool->usage().total.pending == 0; }));
  EXPECT_EQ(cloud.received(events_topic("pump-1")), numbers(1, 500));
  EXPECT_EQ(cloud.count("connect"), 1u);
}

TEST_F(Reload, a_device_that_is_removed_while_its_attach_is_under_way_does_no_harm) {
  cloud.refuse_connects(ConnectFailure::network, "no route");
  start();
  greet("pump-1");
  offer_many("pump-1", 1, 5);
  settle();
  cloud.accept_connects();
  while (cloud.count("attach") == 0) advance(10ms);
  remove("pump-1");
  reload();
  advance(5s);
  EXPECT_THAT(cloud.attached(), Not(Contains("pump-1")));
  cloud.drop();
  advance(60s);
  EXPECT_THAT(cloud.attached(), ElementsAre("pump-2", "thermo-1"));
  EXPECT_THAT(cloud.received(events_topic("pump-1")), IsEmpty());
  add("pump-1");
  reload();
  advance(5s);
  EXPECT_EQ(cloud.received(events_topic("pump-1")), numbers(1, 5));
}

TEST_F(Reload, many_devices_that_leave_at_once_keep_to_the_published_pace) {
  settings.cloud.limits.messages_per_second = 20;
  for (int i = 0; i < 200; ++i) add("leaver-" + std::to_string(i));
  start();
  ASSERT_TRUE(advance_until([&] { return cloud.attached().size() == settings.devices.size(); }));
  for (int i = 0; i < 200; ++i) remove("leaver-" + std::to_string(i));
  reload();
  settle();
  EXPECT_LE(cloud.count("detach"), 20u) << "the cloud cuts off who is faster";
  advance(5s);
  EXPECT_LE(cloud.count("detach"), 110u);
  ASSERT_TRUE(advance_until([&] { return cloud.attached().size() == 3; }));
  EXPECT_EQ(cloud.count("connect"), 1u);
}

TEST_F(Reload, devices_that_leave_while_their_attaches_wait_for_a_turn_do_no_harm) {
  settings.cloud.limits.messages_per_second = 20;
  for (int i = 0; i < 200; ++i) add("leaver-" + std::to_string(i));
  start();
  advance(2s);
  for (int i = 0; i < 200; ++i) remove("leaver-" + std::to_string(i));
  reload();
  advance(30s);
  EXPECT_THAT(cloud.attached(), ElementsAre("pump-1", "pump-2", "thermo-1"));
  EXPECT_EQ(cloud.count("connect"), 1u);
}

TEST_F(Reload, a_device_that_waited_in_the_spool_before_it_was_listed_is_sent) {
  start();
  greet("pump-1");
  cloud.withhold_acks(true);
  offer_many("pump-1", 1, 30);
  settle();
  crash();
  cloud.withhold_acks(false);
  remove("pump-1");
  start();
  add("pump-1");
  reload();
  advance(5s);
  EXPECT_EQ(cloud.received_once(events_topic("pump-1")), numbers(1, 30));
  EXPECT_EQ(spool->usage().total.pending, 0u);
}

TEST_F(Reload, limits_hold_from_now_on_in_the_middle_of_traffic) {
  settings.cloud.limits.messages_per_second = 10;
  start();
  greet("pump-1");
  offer_many("pump-1", 1, 2000);
  advance(5s);
  const auto slow = cloud.received(events_topic("pump-1")).size();
  EXPECT_LE(slow, 60u);
  settings.cloud.limits.messages_per_second = 200;
  reload();
  advance(5s);
  const auto fast = cloud.received(events_topic("pump-1")).size() - slow;
  EXPECT_GE(fast, 980u);
  EXPECT_LE(fast, 1030u);
  settings.cloud.limits.messages_per_second = 0;
  reload();
  advance(1s);
  EXPECT_EQ(cloud.received(events_topic("pump-1")), numbers(1, 2000));
  EXPECT_EQ(cloud.count("connect"), 1u);
}

TEST_F(Reload, a_state_does_not_wait_out_an_interval_that_was_shortened) {
  settings.cloud.limits.state_interval = 1h;
  start();
  greet("pump-1");
  for (int i = 1; i <= 3; ++i) offer("pump-1", std::to_string(i), Kind::state);
  advance(10s);
  ASSERT_EQ(cloud.received("/devices/pump-1/state"), numbers(1, 1));
  settings.cloud.limits.state_interval = 1s;
  reload();
  advance(3s);
  EXPECT_EQ(cloud.received("/devices/pump-1/state"), numbers(1, 3));
}

TEST_F(Reload, the_window_shrinks_and_grows) {
  start();
  greet("pump-1");
  cloud.withhold_acks(true);
  settings.cloud.limits.window = 5;
  reload();
  offer_many("pump-1", 1, 300);
  settle();
  EXPECT_EQ(gateway->status().in_flight, 5u);
  EXPECT_EQ(gateway->status().window, 5u);
  cloud.withhold_acks(false);
  advance(3s);
  EXPECT_EQ(cloud.received(events_topic("pump-1")), numbers(1, 300));
}

TEST_F(Reload, more_places_are_filled_at_once_and_fewer_are_kept_by_the_idle_ones_no_longer) {
  settings.cloud.attach.max_attached = 1;
  start();
  greet("pump-1");
  advance(2s);
  ASSERT_THAT(cloud.attached(), ElementsAre("pump-1"));
  settings.cloud.attach.max_attached = 3;
  reload();
  advance(2s);
  EXPECT_THAT(cloud.attached(), ElementsAre("pump-1", "pump-2", "thermo-1"));
  settings.cloud.attach.max_attached = 1;
  reload();
  advance(2s);
  EXPECT_THAT(cloud.attached(), ElementsAre("pump-1")) << "it is the one with a listener";
  EXPECT_EQ(cloud.count("connect"), 1u);
}

TEST_F(Reload, new_endpoints_and_token_settings_are_used_from_the_next_connect) {
  start();
  settings.cloud.endpoints = {"mqtts://other.test:8883"};
  settings.token.lifetime = 2h;
  reload();
  advance(60s);
  EXPECT_EQ(cloud.count("connect"), 1u);
  ASSERT_TRUE(gateway->renew_token());
  advance(5s);
  ASSERT_EQ(cloud.count("connect"), 2u);
  std::vector<std::string> hosts;
  for (const auto& packet : cloud.packets())
    if (packet.what == "connect") hosts.push_back(packet.endpoint.text());
  EXPECT_THAT(hosts, ElementsAre("cloud.test:8883", "other.test:8883"));
  EXPECT_GT(*gateway->status().token.valid_for, 119min);
}

TEST_F(Reload, fewer_endpoints_in_the_middle_of_failing_over_are_no_trouble) {
  cloud.refuse_connects(ConnectFailure::network, "no route");
  settings.cloud.endpoints = {"mqtts://a.test:1", "mqtts://b.test:2", "mqtts://c.test:3"};
  start();
  settings.cloud.endpoints = {"mqtts://d.test:4"};
  reload();
  cloud.accept_connects();
  ASSERT_TRUE(advance_until([&] { return cloud.connected(); }));
  EXPECT_EQ(gateway->status().session.endpoint, "d.test:4");
}

TEST_F(Reload, what_is_refused_changes_nothing_and_the_status_says_so_until_one_succeeds) {
  start();
  Settings wrong = settings;
  wrong.devices.clear();
  wrong.devices.emplace_back().id = "gw-1";
  const auto refused = gateway->reload(wrong);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().line(), HasSubstr("gw-1"));
  EXPECT_EQ(gateway->status().children.size(), 3u);
  gateway->reload_failed("two mistakes");
  EXPECT_EQ(gateway->status().reload_problem, "two mistakes");
  reload();
  EXPECT_EQ(gateway->status().reload_problem, "");
}

TEST_F(Reload, one_without_a_change_changes_nothing) {
  start();
  greet("pump-1");
  const auto packets = cloud.packets().size();
  reload();
  advance(5s);
  EXPECT_EQ(cloud.packets().size(), packets);
  EXPECT_THAT(logged->others, Not(Contains(HasSubstr("devices:"))));
}

}  // namespace
}  // namespace vouchgate::scenario
