// The bench cloud's rules as a table of events and effects, on a clock of the test's own. Never starts a broker.
#include "emulator/cloud.hpp"

#include <gmock/gmock.h>

#include "emulator/strict_json.hpp"
#include "test_keys.hpp"

namespace vouchgate::emulator {
namespace {

using testing::claims;
using ::testing::Contains;
using testing::es256_header;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::TestKey;
using namespace std::chrono_literals;

constexpr Seconds start = 1'800'000'000;
constexpr Connection gateway = 1, plain = 2, console = 3;

class CloudTest : public ::testing::Test {
 protected:
  CloudTest() {
    registry_.project = "bench";
    registry_.region = "here";
    registry_.name = "demo";
    registry_.admin = Admin{"admin", "secret"};
    for (const char* id : {"gw-1", "plain-1", "pump-1", "pump-2"}) {
      registry_.devices[id].id = id;
      registry_.devices[id].keys = {{*read_public_key("ES256_PEM", key_.pem()), {}}};
    }
    registry_.devices["gw-1"].gateway = true;
    registry_.devices["gw-1"].bound = {"pump-1"};
    registry_.devices["pump-1"].config = "pump config";
  }
  Cloud& cloud() {
    if (!cloud_) cloud_.emplace(registry_, false);
    return *cloud_;
  }
  std::string token(Seconds life = 3600) { return key_.token(es256_header, claims(start, start + life)); }
  ConnectRequest request(Connection connection, const std::string& device) {
    return {connection, registry_.client_id(device), "unused", token(), 4, true};
  }
  void open(Connection connection, const std::string& device) {
    ASSERT_EQ(cloud().connect(request(connection, device), now_), Verdict::accept);
    effects_ = cloud().take();
  }
  void open_console() {
    ASSERT_EQ(cloud().connect({console, "any", "admin", "secret", 5, false}, now_), Verdict::accept);
  }
  Verdict publish(Connection connection, const std::string& topic, const std::string& payload = "", int qos = 1,
                  bool retain = false) {
    const Verdict verdict = cloud().publish(connection, {topic, payload, qos, retain}, now_);
    effects_ = cloud().take();
    return verdict;
  }
  Verdict subscribe(Connection connection, const std::string& filter, int qos = 1) {
    const Verdict verdict = cloud().subscribe(connection, filter, qos, now_);
    effects_ = cloud().take();
    return verdict;
  }
  // error_type of the one message sent, or what is there instead.
  std::string error() const {
    if (effects_.messages.size() != 1) return std::to_string(effects_.messages.size()) + " messages";
    EXPECT_EQ(effects_.messages[0].topic, "/devices/gw-1/errors");
    return Json::parse(effects_.messages[0].payload).at("error_type");
  }

  TestKey key_ = TestKey::p256();
  Registry registry_;
  std::optional<Cloud> cloud_;
  Effects effects_;
  Moment now_{std::chrono::seconds(start)};
};

TEST_F(CloudTest, RefusesAConnectTheCloudDoesNotSupport) {
  const auto code = [&](ConnectRequest bad) {
    EXPECT_EQ(cloud().connect(bad, now_), Verdict::deny);
    return Json::parse(cloud().take().lines.at(0)).at("code").get<std::string>();
  };
  const ConnectRequest good = request(plain, "plain-1");
  ConnectRequest bad = good;
  bad.client_id = "projects/bench/locations/there/registries/demo/devices/plain-1";
  EXPECT_EQ(code(bad), "device");
  (bad = good).clean_session = false;
  EXPECT_EQ(code(bad), "clean-session");
  (bad = good).protocol_level = 5;
  EXPECT_EQ(code(bad), "protocol");
  (bad = good).password = "";
  EXPECT_EQ(code(bad), "password");
  (bad = good).password = token(-1000);
  EXPECT_EQ(code(bad), "exp");
  EXPECT_EQ(code({console, "any", "admin", "wrong", 4, true}), "password");
}

TEST_F(CloudTest, NeverPrintsATokenOrAPassword) {
  ConnectRequest bad = request(plain, "plain-1");
  bad.password = token() + "=";
  cloud().connect(bad, now_);
  cloud().connect({console, "any", "admin", "wrong-secret", 4, true}, now_);
  for (const std::string& line : cloud().take().lines) {
    EXPECT_THAT(line, Not(HasSubstr(token())));
    EXPECT_THAT(line, Not(HasSubstr("wrong-secret")));
  }
}

TEST_F(CloudTest, EndsASessionWhenTokenAndSkewAreOver) {
  open(plain, "plain-1");
  cloud().tick(now_ + 4200s);
  EXPECT_THAT(cloud().take().kicks, IsEmpty());
  cloud().tick(now_ + 4201s);
  cloud().tick(now_ + 4202s);
  EXPECT_THAT(cloud().take().kicks, ::testing::ElementsAre(registry_.client_id("plain-1")));
}

TEST_F(CloudTest, ASecondAnswerForALivingConnectionKeepsItsChildren) {
  open(gateway, "gw-1");
  publish(gateway, "/devices/pump-1/attach");
  EXPECT_EQ(cloud().connect(request(gateway, "gw-1"), now_), Verdict::accept);
  EXPECT_EQ(publish(gateway, "/devices/pump-1/events"), Verdict::accept);
}

TEST_F(CloudTest, TheEndOfAnOldConnectionDoesNotTouchItsSuccessor) {
  open(gateway, "gw-1");
  open(4, "gw-1");
  cloud().disconnect(gateway, "replaced", now_);
  EXPECT_EQ(publish(4, "/devices/gw-1/events"), Verdict::accept);
}

TEST_F(CloudTest, AttachmentsEndWithTheSession) {
  open(gateway, "gw-1");
  publish(gateway, "/devices/pump-1/attach");
  cloud().disconnect(gateway, "lost", now_);
  open(gateway, "gw-1");
  EXPECT_EQ(publish(gateway, "/devices/pump-1/events"), Verdict::deny);
  EXPECT_EQ(error(), "GATEWAY_DEVICE_NOT_FOUND");
}

TEST_F(CloudTest, EachAuthMethodWantsItsProofs) {
  struct Case {
    GatewayAuth method;
    bool bound, token, allowed;
  };
  for (const Case& one :
       {Case{GatewayAuth::association_only, true, false, true}, Case{GatewayAuth::association_only, false, true, false},
        Case{GatewayAuth::device_auth_token_only, false, true, true},
        Case{GatewayAuth::device_auth_token_only, true, false, false},
        Case{GatewayAuth::association_and_device_auth_token, true, true, true},
        Case{GatewayAuth::association_and_device_auth_token, true, false, false},
        Case{GatewayAuth::association_and_device_auth_token, false, true, false}}) {
    cloud_.reset();
    registry_.devices["gw-1"].gateway_auth = one.method;
    open(gateway, "gw-1");
    const std::string child = one.bound ? "pump-1" : "pump-2";
    const std::string payload = one.token ? Json{{"authorization", token()}}.dump() : "{}";
    EXPECT_EQ(publish(gateway, "/devices/" + child + "/attach", payload),
              one.allowed ? Verdict::accept : Verdict::deny);
    EXPECT_EQ(error(), one.allowed ? "0 messages" : "GATEWAY_ATTACHMENT_ERROR");
  }
}

TEST_F(CloudTest, RefusesMoreChildrenThanOneGatewayMayAttach) {
  registry_.limits.attached_per_gateway = 1;
  registry_.devices["gw-1"].bound.insert("pump-2");
  open(gateway, "gw-1");
  EXPECT_EQ(publish(gateway, "/devices/pump-1/attach"), Verdict::accept);
  EXPECT_EQ(publish(gateway, "/devices/pump-1/attach"), Verdict::accept);
  EXPECT_EQ(publish(gateway, "/devices/pump-2/attach"), Verdict::deny);
  EXPECT_EQ(error(), "GATEWAY_ATTACHMENT_ERROR");
}

TEST_F(CloudTest, ClosesOnWhatADeviceMustNotPublish) {
  struct Case {
    std::string topic;
    std::size_t size;
    int qos;
    bool retain;
    Verdict verdict;
  };
  for (const Case& one :
       {Case{"/devices/plain-1/events", 256 * 1024, 1, false, Verdict::accept},
        Case{"/devices/plain-1/events", 256 * 1024 + 1, 1, false, Verdict::close},
        Case{"/devices/plain-1/state", 64 * 1024, 1, false, Verdict::accept},
        Case{"/devices/plain-1/state", 64 * 1024 + 1, 1, false, Verdict::close},
        Case{"/devices/plain-1/events", 0, 2, false, Verdict::close},
        Case{"/devices/plain-1/events", 0, 1, true, Verdict::close},
        Case{"/devices/plain-1/config", 0, 1, false, Verdict::close},
        Case{"/devices/pump-1/events", 0, 1, false, Verdict::close},
        Case{"/devices/pump-1/attach", 0, 1, false, Verdict::close},
        Case{"/devices/pump-1/detach", 0, 1, false, Verdict::close}, Case{"anything", 0, 1, false, Verdict::close}}) {
    cloud_.reset();
    open(plain, "plain-1");
    EXPECT_EQ(publish(plain, one.topic, std::string(one.size, 'x'), one.qos, one.retain), one.verdict) << one.topic;
    EXPECT_EQ(publish(plain, "/devices/plain-1/events"), one.verdict) << "a closing connection is not heard again";
  }
}

TEST_F(CloudTest, StatesFasterThanAllowedDropTheChildOrTheDeviceItself) {
  open(gateway, "gw-1");
  publish(gateway, "/devices/pump-1/attach");
  EXPECT_EQ(publish(gateway, "/devices/pump-1/state"), Verdict::accept);
  now_ += 900ms;
  EXPECT_EQ(publish(gateway, "/devices/pump-1/state"), Verdict::accept);
  now_ += 899ms;
  EXPECT_EQ(publish(gateway, "/devices/pump-1/state"), Verdict::deny);
  EXPECT_EQ(error(), "GATEWAY_DETACHMENT_DEVICE_ERROR");
  EXPECT_EQ(publish(gateway, "/devices/pump-1/events"), Verdict::deny);
  EXPECT_EQ(publish(gateway, "/devices/gw-1/state"), Verdict::accept);
  EXPECT_EQ(publish(gateway, "/devices/gw-1/state"), Verdict::close);
}

TEST_F(CloudTest, LimitsTheMessageRateWhenAsked) {
  registry_.limits.messages_per_second = 2;
  open(plain, "plain-1");
  for (const auto wait : {0ms, 0ms, 500ms, 500ms}) {
    now_ += wait;
    EXPECT_EQ(publish(plain, "/devices/plain-1/events"), Verdict::accept);
  }
  EXPECT_EQ(publish(plain, "/devices/plain-1/events"), Verdict::close);
}

TEST_F(CloudTest, ConfigIsSentOnSubscribeToThatDeviceOnly) {
  open(gateway, "gw-1");
  publish(gateway, "/devices/pump-1/attach");
  EXPECT_EQ(subscribe(gateway, "/devices/pump-1/config", 2), Verdict::accept);
  ASSERT_EQ(effects_.messages.size(), 1u);
  EXPECT_EQ(effects_.messages[0].client_id, registry_.client_id("gw-1"));
  EXPECT_EQ(effects_.messages[0].payload, "pump config");
  EXPECT_EQ(effects_.messages[0].qos, 1);
  EXPECT_EQ(subscribe(gateway, "/devices/pump-2/config"), Verdict::deny);
  EXPECT_EQ(error(), "GATEWAY_DEVICE_NOT_FOUND");
  open(plain, "plain-1");
  EXPECT_EQ(subscribe(plain, "/devices/pump-1/config"), Verdict::deny);
  EXPECT_EQ(subscribe(plain, "#"), Verdict::deny);
}

TEST_F(CloudTest, ACommandIsDeliveredOnlyToWhoSpeaksForTheDevice) {
  open_console();
  open(gateway, "gw-1");
  publish(gateway, "/devices/pump-1/attach");
  subscribe(gateway, "/devices/pump-1/commands/#");
  EXPECT_EQ(publish(console, "/devices/pump-1/commands/go"), Verdict::accept);
  EXPECT_THAT(effects_.lines, Contains(HasSubstr(R"("delivered":true)")));
  EXPECT_EQ(cloud().deliver(gateway, "/devices/pump-1/commands/go"), Verdict::accept);
  publish(gateway, "/devices/pump-1/detach");
  EXPECT_EQ(cloud().deliver(gateway, "/devices/pump-1/commands/go"), Verdict::deny);
  EXPECT_EQ(publish(console, "/devices/pump-1/commands/go"), Verdict::accept);
  EXPECT_THAT(effects_.lines, Contains(HasSubstr(R"("delivered":false)")));
  publish(gateway, "/devices/pump-1/attach");
  cloud().unsubscribe(gateway, "/devices/pump-1/commands/#");
  publish(console, "/devices/pump-1/commands/go");
  EXPECT_THAT(effects_.lines, Contains(HasSubstr(R"("delivered":false)")));
}

TEST_F(CloudTest, TheAdminPublishesConfigAndCommandsOnly) {
  open_console();
  EXPECT_EQ(publish(console, "/devices/pump-1/config", "new"), Verdict::accept);
  EXPECT_EQ(publish(console, "/devices/pump-1/events"), Verdict::deny);
  EXPECT_EQ(publish(console, "/devices/nobody-1/config"), Verdict::deny);
  EXPECT_EQ(publish(console, "/devices/pump-1/config", "", 1, true), Verdict::deny);
  EXPECT_EQ(subscribe(console, "/devices/#"), Verdict::accept);
  EXPECT_EQ(subscribe(console, "$SYS/#"), Verdict::deny);
}

TEST_F(CloudTest, AReloadKeepsWhatTheAdminSetAndDetachesWhatIsNoLongerBound) {
  open_console();
  open(gateway, "gw-1");
  publish(gateway, "/devices/pump-1/attach");
  publish(console, "/devices/pump-1/config", "set by hand");
  registry_.devices["gw-1"].bound.clear();
  registry_.devices["plain-1"].config = "new";
  registry_.admin.reset();
  cloud().reload(registry_, now_);
  effects_ = cloud().take();
  ASSERT_EQ(effects_.messages.size(), 2u);
  EXPECT_EQ(effects_.messages[0].topic, "/devices/plain-1/config");
  EXPECT_THAT(effects_.messages[1].payload, HasSubstr("GATEWAY_DETACHMENT_DEVICE_ERROR"));
  EXPECT_EQ(publish(console, "/devices/plain-1/commands"), Verdict::accept) << "the admin account outlives a reload";
}

TEST_F(CloudTest, TelemetryIsPrintedAsTextOrBase64) {
  open(plain, "plain-1");
  publish(plain, "/devices/plain-1/events/a/b", "hi");
  const Json line = Json::parse(effects_.lines.at(0));
  EXPECT_EQ(line, (Json{{"event", "telemetry"},
                        {"device", "plain-1"},
                        {"subfolder", "a/b"},
                        {"payload", "hi"},
                        {"time", "2027-01-15T08:00:00.000Z"}}));
  publish(plain, "/devices/plain-1/events", "\xff");
  EXPECT_EQ(Json::parse(effects_.lines.at(0)).at("payload_b64"), "/w==");
}

TEST_F(CloudTest, AQuietCloudCountsInsteadOfPrinting) {
  cloud_.emplace(registry_, true);
  open(plain, "plain-1");
  publish(plain, "/devices/plain-1/events");
  EXPECT_THAT(effects_.lines, IsEmpty());
  cloud().tick(now_ + 1s);
  cloud().tick(now_ + 3s);
  const auto lines = cloud().take().lines;
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(Json::parse(lines[0]).at("telemetry"), 1);
}

TEST_F(CloudTest, AWillGoesNowhere) {
  open(plain, "plain-1");
  cloud().disconnect(plain, "lost", now_);
  EXPECT_EQ(publish(plain, "/devices/plain-1/events", "gone"), Verdict::deny);
  EXPECT_THAT(effects_.lines, Contains(HasSubstr("a will is not supported")));
}

}  // namespace
}  // namespace vouchgate::emulator
