// More children than the cloud attaches at once: who has a place, who gives his up, and that nobody waits for ever.
#include <gmock/gmock.h>

#include "gateway_fixture.hpp"

namespace vouchgate::scenario {
namespace {

using ::testing::IsEmpty;

class Places : public GatewayScenario {};

TEST_F(Places, more_children_than_the_cloud_attaches_take_turns) {
  settings.cloud.attach.max_attached = 2;
  start();
  EXPECT_EQ(cloud.attached().size(), 2u);
  ASSERT_FALSE(cloud.attached().contains("thermo-1"));
  greet("thermo-1");
  offer("thermo-1", "1");
  advance(2s);
  EXPECT_EQ(cloud.attached().size(), 2u);
  EXPECT_EQ(cloud.received(events_topic("thermo-1")), numbers(1, 1));
}

TEST_F(Places, a_child_held_off_for_long_gives_its_place_to_one_that_waits) {
  settings.cloud.attach.max_attached = 2;
  cloud.refuse_attach("pump-1", "not bound to this gateway");
  cloud.refuse_attach("pump-2", "not bound to this gateway");
  start();
  greet("thermo-1");
  offer("thermo-1", "1");
  advance(2s);
  EXPECT_EQ(cloud.received(events_topic("thermo-1")), numbers(1, 1));
}

TEST_F(Places, a_child_that_found_no_place_gets_one_when_another_falls_idle) {
  settings.cloud.attach.max_attached = 2;
  start();
  ASSERT_TRUE(hello("pump-1", Ack::stored, 1));
  ASSERT_TRUE(hello("pump-2", Ack::stored, 2));
  ASSERT_TRUE(hello("thermo-1", Ack::stored, 3));
  offer("thermo-1", "1");
  advance(5s);
  ASSERT_THAT(cloud.received(events_topic("thermo-1")), IsEmpty());
  gateway->gone(2);
  advance(5s);
  EXPECT_EQ(cloud.received(events_topic("thermo-1")), numbers(1, 1));
}

TEST_F(Places, a_backlog_whose_child_has_gone_home_is_sent_all_the_same) {
  settings.cloud.attach.max_attached = 1;
  settings.cloud.limits.messages_per_second = 10;
  start();
  greet("thermo-1");
  offer_many("thermo-1", 1, 100);
  settle();
  gateway->gone(1);
  greet("pump-2");
  offer("pump-2", "1");
  advance(2s);
  gateway->gone(1);
  ASSERT_TRUE(advance_until([&] { return spool->usage().total.pending == 0; }));
  EXPECT_EQ(cloud.received(events_topic("thermo-1")), numbers(1, 100));
  EXPECT_EQ(cloud.received(events_topic("pump-2")), numbers(1, 1));
}

TEST_F(Places, a_child_that_an_operator_detached_keeps_no_place_and_stays_detached) {
  settings.cloud.attach.max_attached = 1;
  start();
  ASSERT_TRUE(gateway->detach("pump-1"));
  greet("thermo-1");
  offer("thermo-1", "1");
  advance(2s);
  EXPECT_EQ(cloud.received(events_topic("thermo-1")), numbers(1, 1));
  gateway->gone(1);
  ASSERT_TRUE(hello("pump-1", Ack::stored, 2));
  offer("pump-1", "1");
  advance(5s);
  EXPECT_EQ(child_state("pump-1"), "detached");
  EXPECT_TRUE(cloud.attached().contains("thermo-1")) << "idle, but nobody wanted takes its place";
  EXPECT_THAT(cloud.received(events_topic("pump-1")), IsEmpty());
  ASSERT_TRUE(gateway->attach("pump-1"));
  advance(5s);
  EXPECT_EQ(cloud.received(events_topic("pump-1")), numbers(1, 1)) << "thermo-1 is idle now";
}

}  // namespace
}  // namespace vouchgate::scenario
