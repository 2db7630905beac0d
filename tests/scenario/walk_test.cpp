// The walk of a message, on good days and bad ones. Each test states a promise of the product.
#include <gmock/gmock.h>

#include "gateway_fixture.hpp"

namespace vouchgate::scenario {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Walk : public GatewayScenario {};

TEST_F(Walk, a_good_day_logs_no_warning) {
  start();
  ASSERT_TRUE(hello("pump-1", Ack::both));
  offer_many("pump-1", 1, 100);
  settle();
  ASSERT_TRUE(gateway->renew_token());
  advance(5s);
  offer_many("pump-1", 101, 200);
  advance(5s);
  bool stopped = false;
  gateway->stop([&] { stopped = true; });
  advance(5s);
  EXPECT_TRUE(stopped);
  EXPECT_EQ(cloud.received(events_topic("pump-1")), numbers(1, 200));
  EXPECT_EQ(port.stored_ids, numbers(1, 200));
  EXPECT_EQ(port.delivered_ids, numbers(1, 200));
  EXPECT_THAT(logged->warnings, IsEmpty());
}

TEST_F(Walk, a_queue_opens_only_after_errors_topic_attach_and_subscriptions) {
  start();
  greet("pump-1");
  offer("pump-1", "1");
  advance(1s);
  std::vector<std::string> order;
  for (const auto& packet : cloud.packets()) {
    const bool ours = packet.topic.find("pump-1") != std::string::npos;
    if (packet.what == "connect" || packet.topic == "/devices/gw-1/errors" || ours)
      order.push_back(packet.what + packet.topic);
  }
  EXPECT_THAT(order, ElementsAre("connect", "subscribe/devices/gw-1/errors", "attach/devices/pump-1/attach",
                                 "subscribe/devices/pump-1/config", "subscribe/devices/pump-1/commands/#",
                                 "publish/devices/pump-1/events"));
}

TEST_F(Walk, stored_is_said_before_the_cloud_knows_and_delivered_only_after_puback) {
  start();
  cloud.withhold_acks(true);
  greet("pump-1", Ack::both);
  offer("pump-1", "a");
  settle();
  EXPECT_THAT(port.stored_ids, ElementsAre("a"));
  EXPECT_THAT(port.delivered_ids, IsEmpty());
  EXPECT_EQ(spool->usage().total.pending, 1u);
  cloud.withhold_acks(false);
  settle();
  advance(1s);
  EXPECT_THAT(port.delivered_ids, ElementsAre("a"));
  EXPECT_EQ(spool->usage().total.pending, 0u);
}

TEST_F(Walk, delivered_is_not_said_to_a_child_that_did_not_ask) {
  start();
  greet("pump-1", Ack::stored);
  offer("pump-1", "a");
  advance(1s);
  EXPECT_THAT(port.stored_ids, ElementsAre("a"));
  EXPECT_THAT(port.delivered_ids, IsEmpty());
}

TEST_F(Walk, what_was_stored_while_the_cloud_was_away_arrives_in_order) {
  cloud.refuse_connects(ConnectFailure::network, "no route");
  start();
  greet("pump-1");
  offer_many("pump-1", 1, 1500);
  settle();
  EXPECT_EQ(port.stored_ids.size(), 1500u);
  cloud.accept_connects();
  ASSERT_TRUE(advance_until([&] { return spool->usage().total.pending == 0; }));
  EXPECT_EQ(cloud.received(events_topic("pump-1")), numbers(1, 1500));
}

TEST_F(Walk, a_session_lost_with_a_full_window_repeats_but_never_loses_or_reorders) {
  start();
  greet("pump-1");
  cloud.withhold_acks(true);
  offer_many("pump-1", 1, 1000);
  settle();
  const std::size_t window = cloud.received(events_topic("pump-1")).size();
  EXPECT_EQ(window, gateway->status().window);
  cloud.drop();
  cloud.withhold_acks(false);
  ASSERT_TRUE(advance_until([&] { return spool->usage().total.pending == 0; }));
  EXPECT_EQ(cloud.received_once(events_topic("pump-1")), numbers(1, 1000));
  EXPECT_LE(cloud.received(events_topic("pump-1")).size(), 1000u + window);
}

TEST_F(Walk, a_crash_after_any_step_of_the_loop_loses_nothing_that_was_stored) {
  int next = 1;
  bool more = true;
  for (std::size_t steps = 0; more; ++steps) {
    start();
    greet("pump-1");
    offer_many("pump-1", next, next + 4);
    next += 5;
    more = loop.run(steps) == steps;  // the last round had less to do than steps were allowed: every crash was tried
    crash();
  }
  start();
  ASSERT_TRUE(advance_until([&] { return spool->usage().total.pending == 0; }));
  const auto once = cloud.received_once(events_topic("pump-1"));
  EXPECT_GT(port.stored_ids.size(), 20u);
  for (const std::string& stored : port.stored_ids) EXPECT_THAT(once, Contains(stored));
  EXPECT_EQ(once, numbers(1, next - 1));
}

TEST_F(Walk, the_status_counts_what_came_and_went) {
  start();
  greet("pump-1");
  advance(2s);
  EXPECT_FALSE(gateway->status().session.round_trip) << "nothing was published yet";
  offer_many("pump-1", 1, 20);
  advance(2s);
  const Status status = gateway->status();
  EXPECT_EQ(status.traffic.since_start.in, 20u);
  EXPECT_EQ(status.traffic.since_start.out, 20u);
  EXPECT_EQ(status.traffic.lately.in, 20u);
  EXPECT_GE(status.traffic.since_start.bytes, 20u * 65);
  EXPECT_TRUE(status.traffic.autonomy.has_value());
  EXPECT_TRUE(status.session.round_trip.has_value());
  EXPECT_TRUE(status.faults.empty());
  advance(5min);
  EXPECT_FALSE(gateway->status().session.round_trip) << "idle";
}

TEST_F(Walk, a_disk_that_fails_is_told_to_the_child_and_nothing_is_acknowledged) {
  start();
  greet("pump-1");
  spool->fail_appends(Error{Code::unavailable, "spool", "", "disk I/O error", ""});
  offer("pump-1", "a");
  settle();
  EXPECT_THAT(port.stored_ids, IsEmpty());
  ASSERT_EQ(port.errors.size(), 1u);
  EXPECT_EQ(port.errors[0].code, Code::unavailable);
  spool->fail_appends(std::nullopt);
  offer("pump-1", "b");
  settle();
  EXPECT_THAT(port.stored_ids, ElementsAre("b"));
}

// Told that it failed, the child sends again: at least once. But the first one must not lie there until a restart.
TEST_F(Walk, what_the_disk_kept_although_it_said_it_failed_is_sent_all_the_same) {
  start();
  greet("pump-1");
  spool->fail_after_appends(Error{Code::unavailable, "spool", "", "I/O error", ""});
  offer("pump-1", "1");
  settle();
  EXPECT_EQ(port.errors.size(), 1u);
  EXPECT_EQ(spool->usage().total.pending, 1u);
  spool->fail_after_appends(std::nullopt);
  advance(2s);
  EXPECT_EQ(spool->usage().total.pending, 0u);
  EXPECT_EQ(cloud.received(events_topic("pump-1")), numbers(1, 1));
}

TEST_F(Walk, a_read_that_fails_is_tried_again) {
  cloud.refuse_connects(ConnectFailure::network, "no route");
  start();
  greet("pump-1");
  offer_many("pump-1", 1, 10);
  settle();
  crash();
  spool->fail_reads(Error{Code::unavailable, "spool", "", "disk I/O error", ""});
  cloud.accept_connects();
  start();
  advance(3s);
  EXPECT_THAT(cloud.received(events_topic("pump-1")), IsEmpty());
  spool->fail_reads(std::nullopt);
  ASSERT_TRUE(advance_until([&] { return spool->usage().total.pending == 0; }));
  EXPECT_EQ(cloud.received(events_topic("pump-1")), numbers(1, 10));
}

TEST_F(Walk, the_pace_of_the_connection_is_kept) {
  settings.cloud.limits.messages_per_second = 100;
  start();
  greet("pump-1");
  offer_many("pump-1", 1, 1000);
  settle();
  const auto before = cloud.received(events_topic("pump-1")).size();
  advance(5s);
  const auto after = cloud.received(events_topic("pump-1")).size();
  EXPECT_GE(after - before, 490u);
  EXPECT_LE(after - before, 510u);
}

TEST_F(Walk, states_of_a_child_go_out_once_a_second_and_do_not_slow_another_child) {
  start();
  greet("pump-1");
  greet("pump-2");
  for (int i = 1; i <= 5; ++i) offer("pump-1", std::to_string(i), Kind::state);
  offer_many("pump-2", 1, 50);
  settle();
  EXPECT_EQ(cloud.received("/devices/pump-1/state"), numbers(1, 1));
  EXPECT_EQ(cloud.received(events_topic("pump-2")), numbers(1, 50));
  advance(2500ms);
  EXPECT_EQ(cloud.received("/devices/pump-1/state"), numbers(1, 3));
  advance(2500ms);
  EXPECT_EQ(cloud.received("/devices/pump-1/state"), numbers(1, 5));
}

TEST_F(Walk, a_state_that_the_link_delays_does_not_bring_the_next_one_too_early) {
  start();
  greet("pump-1");
  cloud.withhold_acks(true);
  offer("pump-1", "1", Kind::state);
  offer("pump-1", "2", Kind::state);
  advance(1700ms);
  EXPECT_EQ(cloud.received("/devices/pump-1/state"), numbers(1, 1)) << "nobody knows whether it has arrived";
  cloud.withhold_acks(false);
  settle();
  advance(900ms);
  EXPECT_EQ(cloud.received("/devices/pump-1/state"), numbers(1, 1));
  advance(200ms);
  EXPECT_EQ(cloud.received("/devices/pump-1/state"), numbers(1, 2));
}

TEST_F(Walk, a_child_that_floods_shares_the_wire_by_turns) {
  settings.cloud.limits.messages_per_second = 100;
  start();
  greet("pump-1");
  greet("pump-2");
  offer_many("pump-1", 1, 2000);
  settle();
  offer_many("pump-2", 1, 20);
  advance(1s);
  EXPECT_EQ(cloud.received(events_topic("pump-2")), numbers(1, 20));
}

TEST_F(Walk, configs_and_commands_reach_the_child_that_is_there) {
  start();
  cloud.deliver("/devices/pump-1/config", "v1");
  settle();
  greet("pump-1");
  EXPECT_THAT(port.configs, ElementsAre("v1")) << "the last config waits for its child";
  cloud.deliver("/devices/pump-1/config", "v1");
  cloud.deliver("/devices/pump-1/config", "v2");
  cloud.deliver("/devices/pump-1/commands/reboot/now", "5");
  cloud.deliver("/devices/pump-2/commands", "not ours");
  settle();
  EXPECT_THAT(port.configs, ElementsAre("v1", "v2")) << "a repeated config is not news";
  EXPECT_THAT(port.commands, ElementsAre("reboot/now:5"));
}

TEST_F(Walk, strangers_are_refused_with_a_reason) {
  settings.devices[1].users = {"root"};
  start();
  const auto unknown = hello("pump-9");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Code::not_found);
  const auto denied = hello("pump-2");
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code, Code::denied);
  ASSERT_TRUE(hello("pump-1"));
  offer("pump-1", std::string(max_event_bytes + 1, 'x'));
  settle();
  ASSERT_EQ(port.errors.size(), 1u);
  EXPECT_EQ(port.errors[0].code, Code::too_large);
  EXPECT_THAT(port.stored_ids, IsEmpty());
}

TEST_F(Walk, stopping_delivers_the_window_and_answers_every_offer) {
  start();
  greet("pump-1");
  cloud.withhold_acks(true);
  offer_many("pump-1", 1, 10);
  settle();
  bool stopped = false;
  gateway->stop([&] { stopped = true; });
  settle();
  EXPECT_FALSE(stopped);
  cloud.withhold_acks(false);
  advance(100ms);
  EXPECT_TRUE(stopped);
  EXPECT_EQ(spool->usage().total.pending, 0u);
  EXPECT_EQ(cloud.packets().back().what, "disconnect");
}

}  // namespace
}  // namespace vouchgate::scenario
