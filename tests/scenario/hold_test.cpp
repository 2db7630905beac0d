// Poison, drain order and the operator's hand on the quarantine. Each test states a promise of the product.
#include <gmock/gmock.h>

#include "gateway_fixture.hpp"

namespace vouchgate::scenario {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Hold : public GatewayScenario {
 protected:
  std::vector<Quarantined> quarantined() {
    std::vector<Quarantined> out;
    gateway->spool_list(0, 100, [&](Result<std::vector<Quarantined>> list) { out = std::move(*list); });
    settle();
    return out;
  }
};

TEST_F(Hold, a_message_that_ends_every_session_goes_to_quarantine_and_the_others_flow) {
  start();
  greet("pump-1");
  greet("pump-2");
  cloud.end_session_at("7");
  offer_many("pump-1", 1, 20);
  offer_many("pump-2", 101, 120);
  ASSERT_TRUE(advance_until([&] { return spool->usage().total.pending == 0; }, 900s));
  const auto kept = quarantined();
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept[0].record.message.payload, "7");
  EXPECT_THAT(kept[0].reason, HasSubstr("ended the session"));
  EXPECT_EQ(spool->usage().total.delivered, 39u);
  EXPECT_EQ(spool->usage().total.quarantined, 1u);
  auto expected = numbers(1, 20);
  expected.erase(expected.begin() + 6);
  EXPECT_EQ(cloud.received_once(events_topic("pump-1")), expected);
  EXPECT_EQ(cloud.received_once(events_topic("pump-2")), numbers(101, 120));
  EXPECT_THAT(logged->warnings, Contains(HasSubstr("put into quarantine")));
  EXPECT_LE(cloud.count("connect"), settings.spool.poison_after + 1);
}

TEST_F(Hold, a_flapping_link_condemns_nobody) {
  start();
  greet("pump-1");
  int next = 1;
  for (int flap = 0; flap < 30; ++flap) {
    cloud.withhold_acks(true);
    offer_many("pump-1", next, next + 19);
    next += 20;
    settle();
    cloud.drop();
    cloud.withhold_acks(false);
    ASSERT_TRUE(advance_until([&] { return cloud.connected() && child_state("pump-1") == "subscribed"; }));
    settle();
  }
  advance(5s);
  EXPECT_THAT(quarantined(), IsEmpty());
  EXPECT_EQ(cloud.received_once(events_topic("pump-1")), numbers(1, next - 1));
}

// It acknowledges attaches, but no telemetry, because what lies behind it is down: that is no message's fault.
TEST_F(Hold, a_cloud_that_takes_nothing_for_half_a_day_condemns_a_handful_at_most) {
  start();
  greet("pump-1");
  cloud.withhold_acks(true);
  offer_many("pump-1", 1, 300);
  for (int hour = 0; hour < 12; ++hour) advance(1h);
  EXPECT_LE(quarantined().size(), 7u);
  cloud.withhold_acks(false);
  ASSERT_TRUE(advance_until([&] { return spool->usage().total.pending == 0; }, 900s));
  EXPECT_GE(spool->usage().total.delivered, 293u);
}

TEST_F(Hold, two_messages_in_a_row_that_end_every_session_both_get_out_of_the_way) {
  start();
  greet("pump-1");
  cloud.end_session_at("2");
  offer_many("pump-1", 1, 2);
  offer("pump-1", "2");
  offer_many("pump-1", 4, 9);
  ASSERT_TRUE(advance_until([&] { return spool->usage().total.pending == 0; }, 3h));
  EXPECT_EQ(quarantined().size(), 2u);
  EXPECT_EQ(spool->usage().total.delivered, 7u);
}

TEST_F(Hold, planned_swaps_with_a_message_in_flight_are_not_held_against_it) {
  start();
  greet("pump-1");
  cloud.withhold_acks(true);
  offer("pump-1", "1");
  settle();
  for (int swap = 0; swap < 10; ++swap) {
    ASSERT_TRUE(gateway->renew_token());
    advance(10s);
  }
  EXPECT_THAT(quarantined(), IsEmpty());
}

TEST_F(Hold, a_retried_message_goes_out_without_a_restart_and_a_discarded_one_never) {
  start();
  greet("pump-1");
  offer_many("pump-1", 1, 3);
  advance(1s);
  cloud.end_session_at("bad");
  offer("pump-1", "bad");
  ASSERT_TRUE(advance_until([&] { return spool->usage().total.quarantined == 1; }, 900s));
  cloud.end_session_at("");
  ASSERT_TRUE(advance_until([&] { return child_state("pump-1") == "subscribed"; }));
  const Seq seq = quarantined().at(0).record.seq;
  bool done = false;
  gateway->spool_retry(seq, [&](const Result<void>& result) { done = result.has_value(); });
  advance(1s);
  EXPECT_TRUE(done);
  EXPECT_THAT(cloud.received(events_topic("pump-1")), Contains("bad"));
  bool missing = false;
  gateway->spool_discard(seq, [&](const Result<void>& result) { missing = !result; });
  settle();
  EXPECT_TRUE(missing);
  EXPECT_EQ(spool->usage().total.delivered, 4u);
}

TEST_F(Hold, what_expires_or_makes_room_is_told_once_and_with_its_number) {
  settings.spool.max_age = std::chrono::hours(1);
  cloud.refuse_connects(ConnectFailure::network, "no route");
  start();
  greet("pump-1");
  offer_many("pump-1", 1, 7);
  advance(2h);
  offer("pump-1", "8");  // the memory spool looks for old records when it is used
  advance(2s);
  const auto told = [&](const std::string& text) {
    return std::ranges::count_if(logged->warnings,
                                 [&](const std::string& line) { return line.find(text) != std::string::npos; });
  };
  EXPECT_EQ(told("7 stored messages were given up: 7 older than spool.max_age, 0 to make room"), 1);
  crash();
  logged->warnings.clear();
  start();
  advance(10s);
  EXPECT_EQ(told("given up"), 0) << "that was before";
}

TEST_F(Hold, live_first_lets_new_messages_overtake_a_backlog_and_keeps_the_order_of_each) {
  settings.spool.drain = "live-first";
  settings.cloud.limits.messages_per_second = 100;
  cloud.refuse_connects(ConnectFailure::network, "no route");
  start();
  greet("pump-1");
  for (int i = 1; i <= 3000; ++i) offer("pump-1", std::to_string(i));
  settle();
  cloud.accept_connects();
  ASSERT_TRUE(advance_until([&] { return !cloud.received(events_topic("pump-1")).empty(); }));
  offer("pump-1", "new 1");
  offer("pump-1", "new 2");
  advance(1s);
  const auto soon = cloud.received(events_topic("pump-1"));
  EXPECT_LT(soon.size(), 300u);
  EXPECT_THAT(soon, Contains("new 1"));
  EXPECT_THAT(soon, Contains("new 2"));
  ASSERT_TRUE(advance_until([&] { return spool->usage().total.pending == 0; }));
  auto all = cloud.received(events_topic("pump-1"));
  EXPECT_EQ(all.size(), 3002u);
  std::erase_if(all, [](const std::string& text) { return text.starts_with("new"); });
  EXPECT_EQ(all, numbers(1, 3000));
}

TEST_F(Hold, oldest_first_never_reorders_a_device_but_other_devices_do_not_wait_for_its_backlog) {
  settings.cloud.limits.messages_per_second = 100;
  cloud.refuse_connects(ConnectFailure::network, "no route");
  start();
  greet("pump-1");
  greet("pump-2");
  offer_many("pump-1", 1, 3000);
  settle();
  cloud.accept_connects();
  ASSERT_TRUE(advance_until([&] { return !cloud.received(events_topic("pump-1")).empty(); }));
  offer("pump-1", "3001");
  offer("pump-2", "live");
  advance(1s);
  EXPECT_THAT(cloud.received(events_topic("pump-2")), Contains("live"));
  ASSERT_TRUE(advance_until([&] { return spool->usage().total.pending == 0; }));
  EXPECT_EQ(cloud.received(events_topic("pump-1")), numbers(1, 3001));
}

TEST_F(Hold, the_published_bytes_per_second_are_kept_by_waiting) {
  settings.cloud.limits.bytes_per_second = 100'000;
  start();
  greet("pump-1");
  for (int i = 0; i < 100; ++i) offer("pump-1", std::string(10'000, 'x'));
  settle();
  advance(5s);
  const auto sent = cloud.received(events_topic("pump-1")).size();
  EXPECT_GE(sent, 45u);
  EXPECT_LE(sent, 53u);
  EXPECT_EQ(port.stored_ids.size(), 100u);
}

}  // namespace
}  // namespace vouchgate::scenario
