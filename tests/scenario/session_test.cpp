// Sessions, token swaps and attachments through the whole gateway.
#include <gmock/gmock.h>

#include <set>

#include "gateway_fixture.hpp"

namespace vouchgate::scenario {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Session : public GatewayScenario {};

TEST_F(Session, a_swap_drains_reattaches_and_loses_nothing) {
  start();
  greet("pump-1");
  greet("pump-2");
  cloud.withhold_acks(true);
  offer_many("pump-1", 1, 50);
  settle();
  ASSERT_TRUE(gateway->renew_token());
  settle();
  offer_many("pump-1", 51, 60);
  offer_many("pump-2", 1, 10);
  settle();
  EXPECT_EQ(cloud.received(events_topic("pump-1")).size(), 50u) << "nothing new is sent while the window drains";
  EXPECT_EQ(cloud.count("connect"), 1u);
  cloud.withhold_acks(false);
  advance(3s);
  EXPECT_EQ(cloud.count("connect"), 2u);
  EXPECT_THAT(cloud.attached(), ElementsAre("pump-1", "pump-2", "thermo-1"));
  EXPECT_EQ(cloud.received(events_topic("pump-1")), numbers(1, 60)) << "a drained swap repeats nothing";
  EXPECT_EQ(cloud.received(events_topic("pump-2")), numbers(1, 10));
  const auto swaps = gateway->status().session.recent_swaps;
  ASSERT_EQ(swaps.size(), 1u);
  EXPECT_EQ(swaps[0].in_flight, 0u);
  EXPECT_GE(swaps[0].pause, settings.cloud.attach.settle);
}

TEST_F(Session, a_swap_does_not_wait_for_ever_for_pubacks) {
  start();
  greet("pump-1");
  cloud.withhold_acks(true);
  offer_many("pump-1", 1, 50);
  settle();
  ASSERT_TRUE(gateway->renew_token());
  advance(4s);
  EXPECT_EQ(cloud.count("connect"), 2u);
  cloud.withhold_acks(false);
  advance(5s);
  // The session that had the unacknowledged window is gone, so all of it went again.
  EXPECT_EQ(cloud.received_once(events_topic("pump-1")), numbers(1, 50));
  EXPECT_EQ(spool->usage().total.pending, 0u);
  EXPECT_EQ(gateway->status().session.recent_swaps.at(0).in_flight, 50u);
}

TEST_F(Session, the_token_is_swapped_before_it_expires_and_every_connect_has_its_own) {
  settings.token.lifetime = 60min;
  settings.token.renew_before = 10min;
  start();
  advance(24h);
  const auto passwords = cloud.passwords();
  EXPECT_GE(passwords.size(), 24u);
  EXPECT_LE(passwords.size(), 36u);
  EXPECT_EQ(std::set<std::string>(passwords.begin(), passwords.end()).size(), passwords.size());
  EXPECT_THAT(logged->warnings, IsEmpty());
}

TEST_F(Session, refused_credentials_lead_to_fresh_tokens_with_growing_pauses_for_ever) {
  cloud.refuse_connects(ConnectFailure::credentials, "CONNACK 5");
  start();
  advance(1h);
  const auto passwords = cloud.passwords();
  EXPECT_EQ(std::set<std::string>(passwords.begin(), passwords.end()).size(), passwords.size());
  EXPECT_GE(passwords.size(), 40u) << "capped at 120 s, for ever";
  EXPECT_LE(passwords.size(), 80u);
  EXPECT_EQ(gateway->status().session.state, "backing-off");
  EXPECT_THAT(gateway->status().session.problem, HasSubstr("CONNACK 5"));
  cloud.accept_connects();
  ASSERT_TRUE(advance_until([&] { return cloud.attached().size() == 3; }));
}

TEST_F(Session, the_second_endpoint_is_tried_when_the_first_cannot_be_reached) {
  cloud.refuse_connects(ConnectFailure::network, "no route");
  start();
  ASSERT_GE(cloud.count("connect"), 2u);
  EXPECT_EQ(cloud.packets()[0].endpoint.port, 8883);
  EXPECT_EQ(cloud.packets()[1].endpoint.port, 443);
}

TEST_F(Session, no_token_is_minted_in_1970_and_time_heals_it) {
  time.step_wall(-60 * 365 * 24h);
  start();
  advance(60s);
  EXPECT_EQ(signer.signatures, 0u);
  EXPECT_EQ(gateway->status().session.state, "waiting-for-time");
  EXPECT_THAT(logged->warnings, Contains(HasSubstr("before this build")));
  time.step_wall(60 * 365 * 24h);
  advance(5s);
  EXPECT_EQ(cloud.attached().size(), 3u);
}

TEST_F(Session, a_puback_that_does_not_come_ends_the_session_and_all_is_sent_again) {
  start();
  greet("pump-1");
  cloud.withhold_acks(true);
  offer_many("pump-1", 1, 5);
  advance(settings.cloud.ack_timeout + 2s);
  EXPECT_EQ(cloud.count("disconnect"), 1u);
  cloud.withhold_acks(false);
  ASSERT_TRUE(advance_until([&] { return spool->usage().total.pending == 0; }));
  EXPECT_EQ(cloud.received_once(events_topic("pump-1")), numbers(1, 5));
}

TEST_F(Session, a_key_that_cannot_sign_is_said_and_retried) {
  signer.failure = Error{Code::unavailable, "tpm", "/dev/tpmrm0", "not there", ""};
  start();
  EXPECT_EQ(cloud.count("connect"), 0u);
  EXPECT_THAT(gateway->status().session.problem, HasSubstr("not there"));
  EXPECT_GE(gateway->status().token.failures, 1u);
  signer.failure.reset();
  ASSERT_TRUE(advance_until([&] { return cloud.attached().size() == 3; }));
}

TEST_F(Session, a_refused_child_is_held_off_and_never_blocks_another) {
  cloud.refuse_attach("pump-2", "not bound to this gateway");
  start();
  greet("pump-1");
  greet("pump-2");
  offer_many("pump-2", 1, 20);
  offer_many("pump-1", 1, 20);
  advance(2s);
  EXPECT_EQ(cloud.received(events_topic("pump-1")), numbers(1, 20));
  EXPECT_THAT(cloud.received(events_topic("pump-2")), IsEmpty());
  EXPECT_EQ(child_state("pump-2"), "held-off");
  EXPECT_THAT(port.attachments, Contains(HasSubstr("pump-2")));
  EXPECT_THAT(logged->warnings, Contains(HasSubstr("child held off: pump-2: not bound to this gateway")));
  cloud.accept_attach("pump-2");
  ASSERT_TRUE(advance_until([&] { return child_state("pump-2") == "subscribed"; }, 30min));
  advance(1s);
  EXPECT_EQ(cloud.received(events_topic("pump-2")), numbers(1, 20));
}

TEST_F(Session, a_refused_child_is_not_hammered) {
  cloud.refuse_attach("pump-2", "not bound to this gateway");
  start();
  const auto attempts = [&] {
    std::size_t count = 0;
    for (const auto& packet : cloud.packets()) count += packet.topic == "/devices/pump-2/attach" ? 1 : 0;
    return count;
  };
  advance(24h);
  EXPECT_GE(attempts(), 100u);
  EXPECT_LE(attempts(), 24u * 60u / 5u + 60u);
}

TEST_F(Session, a_child_that_the_cloud_detached_is_attached_again_and_its_queue_goes_on) {
  start();
  greet("pump-1");
  offer("pump-1", "1");
  settle();
  advance(1s);
  cloud.deliver("/devices/gw-1/errors",
                R"({"error_type":"GATEWAY_DETACHMENT_DEVICE_ERROR","description":"detached","device_id":"pump-1"})");
  settle();
  offer("pump-1", "2");
  settle();
  EXPECT_EQ(cloud.received(events_topic("pump-1")), numbers(1, 1));
  ASSERT_TRUE(advance_until([&] { return child_state("pump-1") == "subscribed"; }));
  advance(100ms);
  EXPECT_EQ(cloud.received(events_topic("pump-1")), numbers(1, 2));
}

// The cloud acknowledges what it then drops: only what it does not complain of in time is delivered.
TEST_F(Session, what_the_cloud_acknowledged_right_before_it_detached_the_child_is_sent_again) {
  start();
  greet("pump-1", Ack::both);
  offer_many("pump-1", 1, 3);
  settle();
  EXPECT_EQ(cloud.received(events_topic("pump-1")), numbers(1, 3));
  EXPECT_THAT(port.delivered_ids, IsEmpty());
  cloud.deliver("/devices/gw-1/errors",
                R"({"error_type":"GATEWAY_DEVICE_NOT_FOUND","description":"not attached","device_id":"pump-1"})");
  settle();
  ASSERT_TRUE(advance_until([&] { return port.delivered_ids.size() == 3; }));
  EXPECT_EQ(cloud.received(events_topic("pump-1")).size(), 6u);
  EXPECT_EQ(port.delivered_ids, numbers(1, 3));
  EXPECT_EQ(spool->usage().total.delivered, 3u);
}

TEST_F(Session, a_refused_subscription_holds_the_child_off) {
  cloud.refuse_subscriptions("/devices/pump-1/commands/#");
  start();
  EXPECT_EQ(child_state("pump-1"), "held-off");
  EXPECT_EQ(child_state("pump-2"), "subscribed");
}

TEST_F(Session, an_operator_detaches_and_attaches_a_child) {
  start();
  greet("pump-1");
  ASSERT_TRUE(gateway->detach("pump-1"));
  settle();
  offer("pump-1", "1");
  advance(5s);
  EXPECT_EQ(cloud.count("detach"), 1u);
  EXPECT_THAT(cloud.received(events_topic("pump-1")), IsEmpty());
  ASSERT_TRUE(gateway->attach("pump-1"));
  advance(2s);
  EXPECT_EQ(cloud.received(events_topic("pump-1")), numbers(1, 1));
  EXPECT_EQ(gateway->attach("pump-9").error().code, Code::not_found);
}

TEST_F(Session, children_are_ready_when_the_last_of_them_is_whatever_became_of_the_first) {
  start();
  ASSERT_TRUE(gateway->detach("pump-1"));
  settle();
  logged->others.clear();
  cloud.drop();
  settle();
  ASSERT_TRUE(advance_until([&] { return child_state("thermo-1") == "subscribed"; }));
  EXPECT_THAT(logged->others, ::testing::Contains(::testing::HasSubstr("2 of 3")));
  EXPECT_THAT(logged->others, ::testing::Not(::testing::Contains(::testing::HasSubstr("0 of 3"))));
}

TEST_F(Session, a_token_child_is_attached_with_its_own_token) {
  settings.devices[0].auth = "token";
  start();
  const auto attach =
      std::ranges::find(cloud.packets(), "/devices/pump-1/attach", &support::ScriptedCloud::Packet::topic);
  ASSERT_NE(attach, cloud.packets().end());
  EXPECT_EQ(attach->payload, R"({"authorization":"token-from-file"})");
}

TEST_F(Session, a_renewal_is_refused_while_there_is_no_session) {
  cloud.refuse_connects(ConnectFailure::network, "no route");
  start();
  const auto renewed = gateway->renew_token();
  ASSERT_FALSE(renewed);
  EXPECT_EQ(renewed.error().code, Code::busy);
}

TEST_F(Session, a_thousand_children_are_attached_within_the_pace) {
  settings.cloud.limits.messages_per_second = 100;
  settings.devices.clear();
  for (int i = 0; i < 1000; ++i) {
    DeviceSettings device;
    device.id = "child-" + std::to_string(i);
    settings.devices.push_back(device);
  }
  start();
  ASSERT_TRUE(advance_until([&] { return cloud.attached().size() == 1000; }, 60s));
  ASSERT_TRUE(advance_until([&] { return child_state("child-999") == "subscribed"; }, 60s));
  EXPECT_THAT(logged->warnings, IsEmpty());
}

TEST_F(Session, a_stop_before_the_start_is_through_starts_nothing) {
  start();
  gateway.reset();
  loop.drop_all();
  const auto connects = cloud.count("connect");
  cloud.drop();
  gateway::Parts parts{time,
                       time,
                       judge,
                       *spool,
                       cloud,
                       signer,
                       *dialect,
                       [] { return 0.5; },
                       [](const DeviceSettings&, std::uint32_t) { return true; },
                       [](const DeviceSettings&) { return std::string(); },
                       "test"};
  gateway = std::move(*gateway::make(settings, std::move(parts)));
  bool started = false, stopped = false;
  gateway->start([&](const Result<void>&) { started = true; });
  gateway->stop([&] { stopped = true; });
  advance(10s);
  EXPECT_TRUE(stopped);
  EXPECT_FALSE(started);
  EXPECT_EQ(cloud.count("connect"), connects);
  EXPECT_EQ(time.armed(), 0u);
}

}  // namespace
}  // namespace vouchgate::scenario
