// The transport against a broker that misbehaves as told. Never leaves loopback.
#include <gtest/gtest.h>

#include "session_fixture.hpp"

namespace vouchgate::mqtt {
namespace {

using ScriptedSession = Session;

TEST_F(ScriptedSession, TellsConnackCodesApart) {
  const std::pair<int, ConnectFailure> codes[] = {{2, ConnectFailure::identifier},
                                                  {3, ConnectFailure::server},
                                                  {4, ConnectFailure::credentials},
                                                  {5, ConnectFailure::credentials},
                                                  {13, ConnectFailure::credentials}};
  for (const auto& [code, expected] : codes) {
    test::Script script;
    script.connack = code;
    test::ScriptedBroker broker(script);
    const auto got = failure(request(broker.port()));
    EXPECT_EQ(got.failure, expected) << code << " " << got.reason;
    EXPECT_NE(got.reason.find("CONNACK " + std::to_string(code)), std::string::npos) << got.reason;
    EXPECT_EQ(broker.connects(), 1) << "a refusal was tried twice";
    EXPECT_EQ(broker.protocol_level(), 4) << "not MQTT 3.1.1";
    EXPECT_EQ(broker.connect_flags(), 0xc2) << "user name, password, clean session and nothing else";
  }
}

TEST_F(ScriptedSession, GivesNoAckForAWithheldPuback) {
  test::Script script;
  script.withhold_puback = true;
  test::ScriptedBroker broker(script);
  ASSERT_TRUE(connect(broker.port()));
  ASSERT_TRUE(transport->publish(1, "t", "x"));
  ASSERT_TRUE(until([&] { return broker.publishes() == 1; }));
  ASSERT_TRUE(transport->subscribe(2, {{"t", 1}}));  // answered after the publish, so an ack would have come by now
  ASSERT_TRUE(until([&] { return !seen.subscribed.empty(); }));
  EXPECT_TRUE(disconnect());
  EXPECT_TRUE(seen.acked.empty());
}

TEST_F(ScriptedSession, ReportsWhatASubscriptionWasGranted) {
  test::Script script;
  script.granted = {0x80, 1, 0};
  test::ScriptedBroker broker(script);
  ASSERT_TRUE(connect(broker.port()));
  ASSERT_TRUE(transport->subscribe(1, {{"a", 1}}));
  ASSERT_TRUE(transport->subscribe(2, {{"a", 1}, {"b", 1}, {"c", 1}}));
  ASSERT_TRUE(until([&] { return seen.subscribed.size() == 2; }));
  EXPECT_EQ(seen.subscribed[0].second, (std::vector<int>{0x80}));
  EXPECT_EQ(seen.subscribed[1].second, (std::vector<int>{0x80, 1, 0}));
}

TEST_F(ScriptedSession, ReportsACutRightAfterConnackAsAClose) {
  test::Script script;
  script.cut_after_connack = true;
  test::ScriptedBroker broker(script);
  ASSERT_TRUE(connect(broker.port()));
  EXPECT_TRUE(until([&] { return seen.closed == 1; }));
}

TEST_F(ScriptedSession, KeepsItsOwnDeadlineForABlackHole) {
  for (const bool before_tls : {true, false}) {
    test::Script script;
    script.silent_after_accept = before_tls;
    script.silent_after_handshake = !before_tls;
    test::ScriptedBroker broker(script);
    auto wanted = request(broker.port());
    wanted.timeout = Duration(300);
    const auto began = std::chrono::steady_clock::now();
    const auto got = failure(wanted);
    const auto took = std::chrono::steady_clock::now() - began;
    EXPECT_EQ(got.failure, ConnectFailure::network);
    EXPECT_EQ(got.reason, "no answer from localhost in 300 ms");
    EXPECT_LT(took, std::chrono::milliseconds(2500)) << "Paho's three-second check, not the deadline";
  }
}

TEST_F(ScriptedSession, GivesUpAConnectThatIsUnderWay) {
  test::Script script;
  script.silent_after_handshake = true;
  test::ScriptedBroker silent(script);
  test::ScriptedBroker broker({});
  transport->connect(request(silent.port()));
  ASSERT_TRUE(until([&] { return silent.connects() == 1; }));
  transport->disconnect();
  ASSERT_TRUE(until([&] { return !seen.failures.empty(); }));
  EXPECT_EQ(seen.connected, 0);
  EXPECT_EQ(seen.closed, 0);
  seen.failures.clear();
  EXPECT_TRUE(connect(broker.port()));
  EXPECT_EQ(seen.closed, 0);
}

TEST_F(ScriptedSession, SaysThatTheServerClosedBeforeConnack) {
  test::Script script;
  script.cut_before_connack = true;
  test::ScriptedBroker broker(script);
  const auto got = failure(request(broker.port()));
  EXPECT_EQ(got.failure, ConnectFailure::network);
  EXPECT_EQ(got.reason, "the connection was closed before CONNACK");
}

}  // namespace
}  // namespace vouchgate::mqtt
