// Any order of offers, PUBACKs, lost sessions, failing disks and revoked attachments: every offer has one answer, what
// was accepted arrives, and no child's message overtakes another of the same child.
#include <gmock/gmock.h>

#include <map>
#include <random>

#include "gateway_fixture.hpp"

namespace vouchgate::scenario {
namespace {

struct Answers {
  int stored = 0, delivered = 0, delivered_alone = 0, refused = 0;
};
class CountingPort : public RecordingPort {
 public:
  void stored(ConnectionId, const DeviceId&, const std::string& id, Seq) override { ++of[id].stored; }
  void delivered(ConnectionId, const DeviceId&, const std::string& id, Seq seq) override {
    ++(seq == 0 ? of[id].delivered_alone : of[id].delivered);
  }
  void refused(ConnectionId, const DeviceId&, const std::string& id, const Error&) override { ++of[id].refused; }
  std::map<std::string, Answers> of;
};

class AnyDay : public GatewayScenario, public ::testing::WithParamInterface<Ack> {
 protected:
  void live_through(std::mt19937& random) {
    for (int step = 0; step < 200; ++step) live_a_moment(random);
    spool->fail_appends(std::nullopt);
    if (random() % 2 == 0) cloud.withhold_acks(false);
    for (const char* device : {"pump-1", "pump-2"}) EXPECT_TRUE(gateway->attach(device));
  }
  void live_a_moment(std::mt19937& random) {
    const std::string device = random() % 3 == 0 ? "pump-2" : "pump-1";
    switch (random() % 17) {
      case 0: return cloud.withhold_acks(random() % 3 != 0);
      case 1:
        if (random() % 4 == 0) cloud.drop();
        return;
      case 2:
        if (random() % 3 != 0) return spool->fail_appends(std::nullopt);
        return spool->fail_appends(Error{random() % 2 == 0 ? Code::full : Code::unavailable, "spool", "", "bad", ""});
      case 3:
        if (random() % 4 == 0)
          cloud.deliver(
              "/devices/gw-1/errors",
              R"({"error_type":"GATEWAY_DEVICE_NOT_FOUND","description":"gone","device_id":")" + device + "\"}");
        return;
      case 16:
        switch (random() % 6) {
          case 0: return static_cast<void>(gateway->renew_token());
          case 1: return static_cast<void>(gateway->detach(device));
          default: return static_cast<void>(gateway->attach(device));
        }
      case 4: return advance(Duration(random() % 700));
      case 5:
      case 6:
      case 7:
      case 8:
      case 9: loop.run(random() % 4); return;
      default: return say(device, random() % 3 == 0 ? 2 : 1);
    }
  }
  void stop() {
    bool stopped = false;
    gateway->stop([&] { stopped = true; });
    advance(10s);
    ASSERT_TRUE(stopped);
    crash();
  }
  void say(const std::string& device, ConnectionId connection) {
    const std::string payload = std::to_string(++last_);
    said_[device].push_back(payload);
    gateway->offered(Offer{connection, payload, Message{id(device), Kind::event, Subfolder(), payload}});
  }

  CountingPort answers_;
  std::map<std::string, std::vector<std::string>> said_;
  int last_ = 0;
};

TEST_P(AnyDay, every_offer_is_answered_once_and_arrives_in_order) {
  settings.cloud.limits.window = 3;
  for (unsigned seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    start();
    for (const char* device : {"pump-1", "pump-2"})
      for (const ConnectionId connection : {1, 2})
        ASSERT_TRUE(gateway->hello(Hello{connection, id(device), connection == 1 ? Ack::delivered : GetParam(), "", 0},
                                   answers_));
    live_through(random);
    if (seed % 2 == 0) stop();  // with everything under way; what is left goes out after the next start
    cloud.withhold_acks(false);
    if (seed % 2 == 0) start();
    ASSERT_TRUE(advance_until([&] { return spool->usage().total.pending == 0; }, 2h));
    advance(2s);
    stop();
    for (const auto& [device, payloads] : said_) {
      std::vector<std::string> accepted, arrived;
      for (const std::string& payload : payloads) {
        const Answers& heard = answers_.of[payload];
        EXPECT_EQ(heard.stored + heard.refused + heard.delivered_alone, 1) << "answers to " << payload;
        EXPECT_LE(heard.delivered, heard.stored) << payload;
        if (heard.refused == 0) accepted.push_back(payload);
      }
      for (const std::string& payload : cloud.received_once(events_topic(device)))
        if (answers_.of[payload].refused == 0) arrived.push_back(payload);
      EXPECT_EQ(arrived, accepted) << device;
    }
    const Ledger total = spool->usage().total;
    EXPECT_EQ(total.stored, total.accounted());
    if (HasFailure()) return;
  }
}
INSTANTIATE_TEST_SUITE_P(and_a_second_connection_of, AnyDay, ::testing::Values(Ack::stored, Ack::delivered, Ack::both));

}  // namespace
}  // namespace vouchgate::scenario
