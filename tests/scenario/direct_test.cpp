// Children that asked for ack: delivered: the disk is spared while the cloud answers, and only then.
#include <gmock/gmock.h>

#include "gateway_fixture.hpp"

namespace vouchgate::scenario {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DirectDelivery : public GatewayScenario {
 protected:
  Ledger total() const { return spool->usage().total; }
};

TEST_F(DirectDelivery, a_quick_cloud_spares_the_disk) {
  start();
  greet("pump-1", Ack::delivered);
  offer_many("pump-1", 1, 50);
  settle();
  advance(1s);
  EXPECT_EQ(cloud.received(events_topic("pump-1")), numbers(1, 50));
  EXPECT_EQ(port.delivered_ids, numbers(1, 50));
  EXPECT_THAT(port.stored_ids, IsEmpty());
  EXPECT_EQ(total().stored, 0u);
  EXPECT_EQ(gateway->status().direct, 50u);
}

TEST_F(DirectDelivery, nothing_is_said_before_the_puback) {
  settings.spool.write_after = 10s;
  start();
  greet("pump-1", Ack::delivered);
  cloud.withhold_acks(true);
  offer("pump-1", "1");
  advance(2s);
  EXPECT_THAT(port.stored_ids, IsEmpty());
  EXPECT_THAT(port.delivered_ids, IsEmpty());
  cloud.withhold_acks(false);
  settle();
  advance(1s);
  EXPECT_THAT(port.delivered_ids, ElementsAre("1"));
}

TEST_F(DirectDelivery, a_late_puback_finds_the_message_written_and_said_so) {
  start();
  greet("pump-1", Ack::delivered);
  cloud.withhold_acks(true);
  offer_many("pump-1", 1, 3);
  advance(1s);
  EXPECT_EQ(port.stored_ids, numbers(1, 3));
  EXPECT_EQ(total().pending, 3u);
  cloud.withhold_acks(false);
  settle();
  advance(1s);
  EXPECT_EQ(port.delivered_ids, numbers(1, 3));
  EXPECT_EQ(total().delivered, 3u);
  EXPECT_EQ(cloud.received(events_topic("pump-1")), numbers(1, 3));
}

TEST_F(DirectDelivery, a_lost_session_writes_what_was_in_flight_and_sends_it_again_in_order) {
  start();
  greet("pump-1", Ack::delivered);
  cloud.withhold_acks(true);
  offer_many("pump-1", 1, 5);
  settle();
  cloud.drop();
  offer_many("pump-1", 6, 8);
  settle();
  EXPECT_EQ(port.stored_ids, numbers(1, 8));
  cloud.withhold_acks(false);
  ASSERT_TRUE(advance_until([&] { return port.delivered_ids.size() == 8; }));
  EXPECT_EQ(cloud.received_once(events_topic("pump-1")), numbers(1, 8));
  EXPECT_EQ(port.delivered_ids, numbers(1, 8));
  EXPECT_EQ(total().delivered, 8u);
}

TEST_F(DirectDelivery, beyond_the_window_the_disk_takes_over_without_reordering) {
  start();
  greet("pump-1", Ack::delivered);
  cloud.withhold_acks(true);
  offer_many("pump-1", 1, 300);  // the window begins at 100
  settle();
  cloud.drop();
  cloud.withhold_acks(false);
  ASSERT_TRUE(advance_until([&] { return port.delivered_ids.size() == 300; }));
  EXPECT_EQ(cloud.received_once(events_topic("pump-1")), numbers(1, 300));
  EXPECT_EQ(total().stored, 300u);
}

TEST_F(DirectDelivery, stopping_leaves_nothing_that_is_neither_delivered_nor_stored_nor_refused) {
  start();
  greet("pump-1", Ack::delivered);
  cloud.withhold_acks(true);
  offer_many("pump-1", 1, 5);
  settle();
  bool stopped = false;
  gateway->stop([&] { stopped = true; });
  advance(5s);
  ASSERT_TRUE(stopped);
  EXPECT_EQ(port.stored_ids, numbers(1, 5));
  EXPECT_EQ(total().pending, 5u);
}

TEST_F(DirectDelivery, a_failing_disk_is_told_only_when_the_puback_cannot_come_any_more) {
  start();
  greet("pump-1", Ack::delivered);
  cloud.withhold_acks(true);
  offer("pump-1", "1");
  settle();
  spool->fail_appends(Error{Code::full, "spool", "", "the disk is full", ""});
  advance(2s);
  EXPECT_THAT(port.errors, IsEmpty());
  cloud.withhold_acks(false);
  settle();
  advance(1s);
  EXPECT_THAT(port.delivered_ids, ElementsAre("1"));
  cloud.withhold_acks(true);
  offer("pump-1", "2");
  settle();
  advance(2s);
  cloud.drop();
  settle();
  EXPECT_EQ(port.errors.size(), 1u);
  EXPECT_EQ(total().stored, 0u);
}

TEST_F(DirectDelivery, a_dead_disk_does_not_keep_a_quick_cloud_from_taking_messages) {
  start();
  greet("pump-1", Ack::delivered);
  const Error dead{Code::unavailable, "spool", "", "Input/output error", ""};
  spool->fail_appends(dead);
  spool->fail_reads(dead);
  cloud.withhold_acks(true);
  offer("pump-1", "1");
  advance(2s);
  cloud.withhold_acks(false);
  advance(2s);
  offer_many("pump-1", 2, 4);
  advance(2s);
  EXPECT_EQ(port.delivered_ids, numbers(1, 4));
  EXPECT_THAT(port.errors, IsEmpty());
}

TEST_F(DirectDelivery, while_a_backlog_waits_new_messages_queue_behind_it_on_disk) {
  cloud.refuse_connects(ConnectFailure::network, "no route");
  start();
  greet("pump-1", Ack::delivered);
  offer_many("pump-1", 1, 500);
  settle();
  EXPECT_EQ(port.stored_ids, numbers(1, 500));
  cloud.accept_connects();
  ASSERT_TRUE(advance_until([&] { return !cloud.received(events_topic("pump-1")).empty(); }));
  offer_many("pump-1", 501, 600);
  ASSERT_TRUE(advance_until([&] { return port.delivered_ids.size() == 600; }));
  EXPECT_EQ(cloud.received(events_topic("pump-1")), numbers(1, 600));
}

// A message that had to be written is not overtaken by the next one, which finds the cloud quick again.
TEST_F(DirectDelivery, what_is_on_its_way_to_the_disk_is_not_overtaken_on_the_wire) {
  settings.cloud.limits.window = 1;
  start();
  greet("pump-1", Ack::delivered);
  settle();
  offer_many("pump-1", 1, 2);  // the window takes the first, the disk the second
  loop.run(1);                 // PUBACK of the first; the disk has not answered yet
  offer("pump-1", "3");
  ASSERT_TRUE(advance_until([&] { return port.delivered_ids.size() == 3; }));
  EXPECT_EQ(cloud.received(events_topic("pump-1")), numbers(1, 3));
}

TEST_F(DirectDelivery, a_message_without_disk_or_puback_is_refused_when_the_cloud_drops_its_child) {
  start();
  greet("pump-1", Ack::delivered);
  cloud.withhold_acks(true);
  offer("pump-1", "1");
  spool->fail_appends(Error{Code::full, "spool", "", "the disk is full", ""});
  advance(2s);
  EXPECT_THAT(port.errors, IsEmpty());
  cloud.deliver("/devices/gw-1/errors",
                R"({"error_type":"GATEWAY_DEVICE_NOT_FOUND","description":"not attached","device_id":"pump-1"})");
  settle();
  EXPECT_EQ(port.errors.size(), 1u) << "its PUBACK counts for nothing any more";
  EXPECT_THAT(port.delivered_ids, IsEmpty());
}

// Its PUBACK came while it was being written; a read that was under way shows it nevertheless.
TEST_F(DirectDelivery, what_was_delivered_while_it_was_written_is_not_sent_again) {
  settings.cloud.attach.settle = 0ms;
  start();
  greet("pump-1", Ack::delivered);
  ASSERT_TRUE(hello("pump-1", Ack::stored, 2));
  spool->append(Message{id("pump-1"), Kind::event, Subfolder(), "retried"}, [](const Result<Seq>&) {});
  spool->quarantine(1, "test");
  settle();
  gateway->spool_retry(1, [](const Result<void>&) {});
  offer("pump-1", "1");  // direct; the next needs the disk, and so this one goes there first
  gateway->offered(Offer{2, "2", Message{id("pump-1"), Kind::event, Subfolder(), "2"}});
  settle();
  EXPECT_THAT(port.delivered_ids, ElementsAre("1"));
  ASSERT_TRUE(advance_until([&] { return total().pending == 0; }));
  EXPECT_THAT(cloud.received(events_topic("pump-1")), ElementsAre("1", "retried", "2"));
  EXPECT_EQ(total().delivered, 3u);
  EXPECT_EQ(gateway->status().direct, 0u) << "it has been on the disk";
}

// The promise at every step: what the child heard of is delivered or on the disk, in order.
TEST_F(DirectDelivery, a_crash_after_any_step_loses_nothing_that_was_acknowledged) {
  int next = 1;
  bool more = true;
  for (std::size_t steps = 0; more; ++steps) {
    start();
    greet("pump-1", Ack::delivered);
    offer_many("pump-1", next, next + 4);
    next += 5;
    more = loop.run(steps) == steps;
    if (steps % 2 == 1) cloud.drop();
    loop.run(steps / 2);
    crash();
  }
  start();
  ASSERT_TRUE(advance_until([&] { return total().pending == 0; }));
  const auto arrived = cloud.received_once(events_topic("pump-1"));
  for (const auto& said : {port.stored_ids, port.delivered_ids})
    for (const std::string& id : said) EXPECT_THAT(arrived, ::testing::Contains(id));
}

}  // namespace
}  // namespace vouchgate::scenario
