// The transport against a real mosquitto over TLS. Never leaves loopback.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "session_fixture.hpp"

namespace vouchgate::mqtt {
namespace {

class MosquittoSession : public Session {
 protected:
  test::Mosquitto broker;
};

TEST_F(MosquittoSession, AcknowledgesAThousandPublishesInBatches) {
  ASSERT_TRUE(connect(broker.port()));
  std::uint64_t next = 1;
  std::uint64_t refused = 0;
  const auto fill = [&] {
    for (; next <= 1000 && next - 1 - seen.acked.size() < 256; ++next)
      refused += !transport->publish(next, "/devices/c1/events", std::string(256, 'x'));
    return seen.acked.size() == 1000;
  };
  EXPECT_TRUE(until(fill)) << seen.acked.size() << " acknowledged";
  EXPECT_EQ(refused, 0u);
  std::sort(seen.acked.begin(), seen.acked.end());
  std::vector<std::uint64_t> all(1000);
  std::iota(all.begin(), all.end(), 1);
  EXPECT_EQ(seen.acked, all);
  EXPECT_LT(seen.ack_calls, 1000) << "every PUBACK was a post of its own";
}

TEST_F(MosquittoSession, DeliversAnInboundMessageWithItsBytes) {
  ASSERT_TRUE(connect(broker.port()));
  ASSERT_TRUE(transport->subscribe(7, {{"/devices/c1/config", 1}, {"/devices/c1/commands/#", 1}}));
  ASSERT_TRUE(until([&] { return !seen.subscribed.empty(); }));
  EXPECT_EQ(seen.subscribed.front().first, 7u);
  EXPECT_EQ(seen.subscribed.front().second, (std::vector<int>{1, 1}));
  const std::string payload("\0\xff\n", 3);
  ASSERT_TRUE(transport->publish(8, "/devices/c1/commands/reboot", payload));
  ASSERT_TRUE(until([&] { return !seen.messages.empty(); }));
  EXPECT_EQ(seen.messages.front().topic, "/devices/c1/commands/reboot");
  EXPECT_EQ(seen.messages.front().payload, payload);
}

TEST_F(MosquittoSession, ReportsTheCloseThatItWasAskedFor) {
  ASSERT_TRUE(connect(broker.port()));
  EXPECT_TRUE(disconnect());
  EXPECT_EQ(seen.closed, 1);
  EXPECT_FALSE(transport->publish(1, "t", "x"));
  EXPECT_FALSE(transport->subscribe(2, {{"t", 1}}));
}

TEST_F(MosquittoSession, SurvivesABrokerThatIsKilledUnderTraffic) {
  ASSERT_TRUE(connect(broker.port()));
  for (std::uint64_t id = 1; id <= 200; ++id) ASSERT_TRUE(transport->publish(id, "t", std::string(1000, 'x')));
  ASSERT_TRUE(until([&] { return seen.acked.size() >= 20; }));
  broker.kill();
  ASSERT_TRUE(until([&] { return seen.closed == 1; }));
  const auto acked = seen.acked.size();
  broker.start();
  ASSERT_TRUE(connect(broker.port()));
  ASSERT_TRUE(transport->publish(1001, "t", "after"));
  ASSERT_TRUE(until([&] { return !seen.acked.empty() && seen.acked.back() == 1001; }));
  EXPECT_EQ(seen.acked.size(), acked + 1) << "an acknowledgement of the dead session came through";
  EXPECT_EQ(seen.closed, 1);
  EXPECT_EQ(seen.acks_while_down, 0);
}

TEST_F(MosquittoSession, SendsNothingOfADeadSessionInTheNextOne) {
  test::ScriptedBroker next({});
  ASSERT_TRUE(connect(broker.port()));
  for (std::uint64_t id = 1; id <= 256; ++id) ASSERT_TRUE(transport->publish(id, "left-over", std::string(50000, 'x')));
  broker.kill();
  ASSERT_TRUE(until([&] { return seen.closed == 1; }));
  ASSERT_LT(seen.acked.size(), 256u) << "nothing was left over";
  ASSERT_TRUE(connect(next.port()));
  ASSERT_TRUE(transport->publish(1000, "marker", "x"));
  ASSERT_TRUE(until([&] { return !seen.acked.empty() && seen.acked.back() == 1000; }));
  EXPECT_EQ(next.publishes(), 1);
}

TEST_F(MosquittoSession, MovesToAnotherBrokerOnTheSameTransport) {
  test::Mosquitto other;
  EXPECT_EQ(transport->tls_version(), "");
  ASSERT_TRUE(connect(broker.port()));
  EXPECT_EQ(transport->tls_version(), "TLSv1.3");
  ASSERT_TRUE(disconnect());
  EXPECT_EQ(transport->tls_version(), "");
  ASSERT_TRUE(connect(other.port()));
  EXPECT_EQ(transport->tls_version(), "TLSv1.3");
  broker.kill();
  ASSERT_TRUE(transport->publish(1, "t", "x"));
  ASSERT_TRUE(until([&] { return !seen.acked.empty(); })) << "still with the first broker";
  ASSERT_TRUE(disconnect());
  EXPECT_EQ(seen.connected, 2);
  EXPECT_EQ(seen.closed, 2);
}

TEST_F(MosquittoSession, RefusesACertificateForAnotherHost) {
  test::Mosquitto wrong("wrong-host");
  const auto got = failure(request(wrong.port()));
  EXPECT_EQ(got.failure, ConnectFailure::tls) << got.reason;
  EXPECT_NE(got.reason.find("localhost"), std::string::npos) << got.reason;
}

TEST_F(MosquittoSession, ChecksAnAddressLikeAHostName) {
  auto by_address = request(broker.port());
  by_address.endpoint.host = "127.0.0.1";
  transport->connect(by_address);
  EXPECT_TRUE(until([&] { return seen.up || !seen.failures.empty(); }) && seen.up);
}

TEST_F(MosquittoSession, RefusesAnUnknownAuthority) {
  test::Mosquitto foreign("other-server");
  const auto got = failure(request(foreign.port()));
  EXPECT_EQ(got.failure, ConnectFailure::tls) << got.reason;
  EXPECT_NE(got.reason.find("certificate verify failed"), std::string::npos) << got.reason;
}

TEST_F(MosquittoSession, SaysThatTheCaFileCannotBeRead) {
  auto wanted = request(broker.port());
  wanted.ca_file = (test::certificates().folder() / "missing.pem").string();
  const auto got = failure(wanted);
  EXPECT_EQ(got.failure, ConnectFailure::local);
  EXPECT_EQ(got.reason, "CA file " + wanted.ca_file + ": No such file or directory");
  wanted.ca_file = test::certificates().folder().string();
  EXPECT_EQ(failure(wanted).failure, ConnectFailure::local);
}

TEST_F(MosquittoSession, SaysThatNobodyListens) {
  const auto got = failure(request(test::free_port()));
  EXPECT_EQ(got.failure, ConnectFailure::network);
  EXPECT_NE(got.reason.find("Connection refused"), std::string::npos) << got.reason;
}

TEST_F(MosquittoSession, SaysThatTheNameDoesNotResolve) {
  auto wanted = request(broker.port());
  wanted.endpoint.host = "cloud.invalid";
  const auto got = failure(wanted);
  EXPECT_EQ(got.failure, ConnectFailure::network);
  EXPECT_NE(got.reason.find("no address for cloud.invalid"), std::string::npos) << got.reason;
}

TEST_F(MosquittoSession, ConnectsAfterEveryKindOfFailure) {
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(failure(request(test::free_port())).failure, ConnectFailure::network);
    auto wanted = request(broker.port());
    wanted.ca_file = test::certificates().other_ca();
    EXPECT_EQ(failure(wanted).failure, ConnectFailure::tls);
    seen.failures.clear();
    ASSERT_TRUE(connect(broker.port())) << (seen.failures.empty() ? "no answer" : seen.failures.back().reason);
    ASSERT_TRUE(disconnect());
  }
}

TEST_F(MosquittoSession, ReadsTheCaFileAtEachConnect) {
  const auto file = test::certificates().folder() / "replaced-ca.pem";
  const auto put = [&](const std::string& from) {
    std::filesystem::copy_file(from, file, std::filesystem::copy_options::overwrite_existing);
  };
  auto wanted = request(broker.port());
  wanted.ca_file = file.string();
  put(test::certificates().other_ca());
  EXPECT_EQ(failure(wanted).failure, ConnectFailure::tls);
  put(test::certificates().ca());
  transport->connect(wanted);
  ASSERT_TRUE(until([&] { return seen.up; })) << "the old file is still in force";
  ASSERT_TRUE(disconnect());
  put(test::certificates().other_ca());
  EXPECT_EQ(failure(wanted).failure, ConnectFailure::tls) << "the old file is still in force";
}

TEST_F(MosquittoSession, AcknowledgesInTheOrderOfPublishingBeyondTheLastPacketIdentifier) {
  constexpr std::uint64_t count = 70000;  // packet identifiers end at 65535
  ASSERT_TRUE(connect(broker.port()));
  std::uint64_t next = 1;
  const auto fill = [&] {
    for (; next <= count && next - 1 - seen.acked.size() < 256; ++next)
      if (!transport->publish(next, "/devices/c1/events", "x")) return true;
    return seen.acked.size() == count;
  };
  ASSERT_TRUE(until(fill, std::chrono::seconds(120))) << seen.acked.size() << " acknowledged";
  ASSERT_EQ(seen.acked.size(), count);
  EXPECT_TRUE(std::is_sorted(seen.acked.begin(), seen.acked.end()));
  EXPECT_EQ(std::adjacent_find(seen.acked.begin(), seen.acked.end()), seen.acked.end()) << "acknowledged twice";
}

// The client is made anew each time, because of what it still holds. Under ASan this is the proof that it may be.
TEST_F(MosquittoSession, ReplacesTheClientEachTimeABrokerDiesUnderTraffic) {
  for (std::uint64_t round = 0; round < 4; ++round) {
    ASSERT_TRUE(connect(broker.port())) << (seen.failures.empty() ? "no answer" : seen.failures.back().reason);
    const auto before = seen.acked.size();
    for (std::uint64_t i = 1; i <= 250; ++i) transport->publish(round * 1000 + i, "t", std::string(20000, 'x'));
    ASSERT_TRUE(until([&] { return seen.acked.size() >= before + 5; }));
    broker.kill();
    ASSERT_TRUE(until([&] { return !seen.up; }));
    broker.start();
  }
  EXPECT_EQ(seen.connected, 4);
  EXPECT_EQ(seen.closed, 4);
  EXPECT_EQ(seen.acks_while_down, 0);
}

// Connects, publishes, disconnects with traffic in flight, and again.
struct Cycler : Recorder {
  std::unique_ptr<Transport> transport;
  ConnectRequest request;
  int cycles_left = 0;
  void on_connected() override {
    Recorder::on_connected();
    for (std::uint64_t id = 1; id <= 20; ++id) transport->publish(id, "t", std::string(500, 'x'));
    if (cycles_left % 2 == 0) transport->disconnect();
  }
  void on_acked(const std::vector<std::uint64_t>& ids) override {
    Recorder::on_acked(ids);
    if (up) transport->disconnect();
  }
  void on_closed(const std::string& reason) override {
    Recorder::on_closed(reason);
    if (--cycles_left > 0) transport->connect(request);
  }
};

TEST_F(MosquittoSession, TenTransportsGoThroughTwoHundredSessions) {
  std::vector<std::unique_ptr<Cycler>> fleet;
  for (int i = 0; i < 10; ++i) {
    auto& one = *fleet.emplace_back(std::make_unique<Cycler>());
    one.cycles_left = 20;
    one.request = request(broker.port());
    one.request.client_id = "gateway-" + std::to_string(i);
    one.transport = make_paho_transport([this](std::function<void()> job) { asio::post(loop, std::move(job)); }, 32);
    one.transport->set_events(&one);
    one.transport->connect(one.request);
  }
  const auto finished = [&] {
    return std::all_of(fleet.begin(), fleet.end(), [](const auto& one) { return one->cycles_left == 0; });
  };
  EXPECT_TRUE(until(finished, std::chrono::seconds(120)));
  for (const auto& one : fleet) {
    EXPECT_EQ(one->connected, 20);
    EXPECT_EQ(one->closed, 20);
    EXPECT_TRUE(one->failures.empty());
    EXPECT_EQ(one->acks_while_down + one->foreign_thread, 0);
  }
}

}  // namespace
}  // namespace vouchgate::mqtt
