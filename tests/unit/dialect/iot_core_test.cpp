// The iot-core dialect: fields, topics and payloads towards the cloud, and what is read of its answers.
#include <gtest/gtest.h>

#include "vouchgate/dialect/dialect.hpp"

namespace vouchgate::dialect {
namespace {

CloudSettings settings() {
  CloudSettings out;
  out.iot_core.project = "my-project";
  out.iot_core.registry = "my-registry";
  out.iot_core.gateway = "gw-1";
  return out;
}
std::unique_ptr<Dialect> iot_core(const CloudSettings& from = settings()) {
  auto made = make(from);
  EXPECT_TRUE(made) << made.error().text();
  return std::move(*made);
}
DeviceId id(const char* text) { return *DeviceId::parse(text); }

template <class T>
T as(const Arrived& arrived) {
  EXPECT_TRUE(std::holds_alternative<T>(arrived)) << "holds alternative " << arrived.index();
  return std::get<T>(arrived);
}

TEST(IotCore, ConnectFieldsFollowTheMqttBridge) {
  const auto fields = iot_core()->connect_fields("the-token");
  EXPECT_EQ(fields.client_id, "projects/my-project/locations/us-central1/registries/my-registry/devices/gw-1");
  EXPECT_EQ(fields.username, "unused");
  EXPECT_EQ(fields.password, "the-token");
  EXPECT_EQ(iot_core()->default_audience(), "my-project");
  EXPECT_EQ(iot_core()->gateway().str(), "gw-1");
}

TEST(IotCore, TopicsFollowTheMqttBridge) {
  const auto dialect = iot_core();
  EXPECT_EQ(dialect->topic(id("pump-1"), Kind::event, {}), "/devices/pump-1/events");
  EXPECT_EQ(dialect->topic(id("pump-1"), Kind::event, *Subfolder::parse("a/b")), "/devices/pump-1/events/a/b");
  EXPECT_EQ(dialect->topic(id("pump-1"), Kind::state, {}), "/devices/pump-1/state");
  EXPECT_EQ(dialect->attach_topic(id("pump-1")), "/devices/pump-1/attach");
  EXPECT_EQ(dialect->detach_topic(id("pump-1")), "/devices/pump-1/detach");
}

TEST(IotCore, TheErrorsFilterComesFirstAtQosZero) {
  const auto filters = iot_core()->gateway_filters();
  ASSERT_EQ(filters.size(), 3u);
  EXPECT_EQ(filters[0].topic, "/devices/gw-1/errors");
  EXPECT_EQ(filters[0].qos, 0);
  EXPECT_EQ(filters[1].topic, "/devices/gw-1/config");
  EXPECT_EQ(filters[1].qos, 1);
  EXPECT_EQ(filters[2].topic, "/devices/gw-1/commands/#");
  EXPECT_EQ(filters[2].qos, 1);
}

TEST(IotCore, AChildGetsConfigAndCommandsAtQosOne) {
  const auto filters = iot_core()->child_filters(id("pump-1"));
  ASSERT_EQ(filters.size(), 2u);
  EXPECT_EQ(filters[0].topic, "/devices/pump-1/config");
  EXPECT_EQ(filters[0].qos, 1);
  EXPECT_EQ(filters[1].topic, "/devices/pump-1/commands/#");
  EXPECT_EQ(filters[1].qos, 1);
}

TEST(IotCore, AttachCarriesTheChildsTokenOnlyIfItHasOne) {
  EXPECT_EQ(iot_core()->attach_payload(""), "");
  EXPECT_EQ(iot_core()->attach_payload("a.b.c"), R"({"authorization":"a.b.c"})");
  EXPECT_EQ(iot_core()->attach_payload("a\"\n"), R"({"authorization":"a\"\n"})");
  EXPECT_NO_THROW(iot_core()->attach_payload("\xff"));
  EXPECT_EQ(iot_core()->detach_payload(), "");
}

TEST(IotCore, ReadsConfigAndCommands) {
  const auto dialect = iot_core();
  EXPECT_EQ(as<ConfigFor>(dialect->read("/devices/pump-1/config", "")).device, id("pump-1"));
  EXPECT_EQ(as<CommandFor>(dialect->read("/devices/pump-1/commands", "x")).subfolder, "");
  const auto command = as<CommandFor>(dialect->read("/devices/gw-1/commands/a/b", "x"));
  EXPECT_EQ(command.device, id("gw-1"));
  EXPECT_EQ(command.subfolder, "a/b");
}

TEST(IotCore, EverythingElseIsUnknown) {
  const auto dialect = iot_core();
  for (const char* topic :
       {"", "/", "/devices/", "/devices/pump-1", "/devices/pump-1/", "devices/pump-1/config", "/devices//config",
        "/devices/1x/config", "/devices/pump-1/configs", "/devices/pump-1/config/x", "/devices/pump-1/commandsx",
        "/devices/pump-1/state", "/devices/pump-1/errors", "/devices/+/config", "/devices/pump-1/commands/\xff"})
    EXPECT_FALSE(as<Unknown>(dialect->read(topic, "{}")).reason.empty()) << topic;
}

TEST(IotCore, ReadsTheErrorsThatTheGatewayActsOn) {
  struct Row {
    const char* type;
    bool about_attach, lost_attachment;
  };
  for (const Row& row :
       {Row{"GATEWAY_ATTACHMENT_ERROR", true, false}, Row{"GATEWAY_DETACHMENT_DEVICE_ERROR", false, true},
        Row{"GATEWAY_DEVICE_NOT_FOUND", false, true}, Row{"SOMETHING_NEW", false, false}}) {
    const std::string payload = std::string(R"({"error_type":")") + row.type +
                                R"(","description":"why","device_id":"pump-1","mqtt_message_info":{"packet_id":7}})";
    const auto error = as<GatewayError>(iot_core()->read("/devices/gw-1/errors", payload));
    EXPECT_EQ(error.type, row.type);
    EXPECT_EQ(error.description, "why");
    EXPECT_EQ(error.device, "pump-1");
    EXPECT_EQ(error.about_attach, row.about_attach);
    EXPECT_EQ(error.lost_attachment, row.lost_attachment);
  }
}

TEST(IotCore, AnErrorWithMissingOrOddFieldsIsStillAnError) {
  for (const char* payload : {"{}", R"({"error_type":1,"description":null,"device_id":[]})"}) {
    const auto error = as<GatewayError>(iot_core()->read("/devices/gw-1/errors", payload));
    EXPECT_EQ(error.type, "UNKNOWN");
    EXPECT_EQ(error.description, "");
    EXPECT_EQ(error.device, "");
    EXPECT_FALSE(error.about_attach || error.lost_attachment);
  }
}

TEST(IotCore, AnErrorThatIsNoObjectOrTooLongIsUnknown) {
  const auto dialect = iot_core();
  for (const std::string& payload : {std::string("nonsense"), std::string("[]"), std::string(), std::string("\xff"),
                                     std::string(60'000, '['), "{" + std::string(64 * 1024, ' ') + "}"})
    as<Unknown>(dialect->read("/devices/gw-1/errors", payload));
  as<GatewayError>(dialect->read("/devices/gw-1/errors", "{" + std::string(64 * 1024 - 2, ' ') + "}"));
}

TEST(IotCore, OtherTopicShapesAreConfigurable) {
  auto kore = settings();
  kore.iot_core.topic_prefix = "/{registry}/{device}";
  kore.iot_core.client_id = "{project}:{device}";
  const auto dialect = iot_core(kore);
  EXPECT_EQ(dialect->attach_topic(id("pump-1")), "/my-registry/pump-1/attach");
  EXPECT_EQ(dialect->connect_fields("t").client_id, "my-project:gw-1");
  EXPECT_EQ(as<ConfigFor>(dialect->read("/my-registry/pump-1/config", "")).device, id("pump-1"));
  auto local = settings();
  local.iot_core.topic_prefix = "r/{registry}/d/{device}/v1";
  EXPECT_EQ(iot_core(local)->attach_topic(id("pump-1")), "r/my-registry/d/pump-1/v1/attach");
  EXPECT_EQ(as<CommandFor>(iot_core(local)->read("r/my-registry/d/pump-1/v1/commands/x", "")).subfolder, "x");
  as<Unknown>(iot_core(local)->read("r/my-registry/d/pump-1/v2/config", ""));
  auto bare = settings();
  bare.iot_core.topic_prefix = "{device}";
  EXPECT_EQ(as<ConfigFor>(iot_core(bare)->read("pump-1/config", "")).device, id("pump-1"));
}

TEST(IotCore, EveryTopicItMakesIsReadBackForItsDevice) {
  const auto dialect = iot_core();
  for (const Filter& filter : dialect->child_filters(id("a.b_c~d%20")))
    EXPECT_FALSE(std::holds_alternative<Unknown>(dialect->read(filter.topic.substr(0, filter.topic.find("/#")), "")));
}

TEST(IotCore, ABadTemplateOrIdIsRefusedWithItsKey) {
  const auto line_of = [](void (*spoil)(IotCoreSettings&)) {
    auto wanted = settings();
    spoil(wanted.iot_core);
    const auto made = make(wanted);
    EXPECT_FALSE(made);
    EXPECT_EQ(made.error().code, Code::invalid);
    return made.error().line();
  };
  EXPECT_EQ(line_of([](IotCoreSettings& s) { s.topic_prefix = "/devices"; }),
            "cloud.iot_core.topic_prefix: '/devices': does not contain {device}");
  EXPECT_EQ(line_of([](IotCoreSettings& s) { s.topic_prefix = "/{device}/{device}"; }),
            "cloud.iot_core.topic_prefix: '/{device}/{device}': contains {device} twice");
  EXPECT_EQ(line_of([](IotCoreSettings& s) { s.topic_prefix = "/d-{device}"; }),
            "cloud.iot_core.topic_prefix: '/d-{device}': {device} is not a level of its own");
  EXPECT_EQ(line_of([](IotCoreSettings& s) { s.topic_prefix = "/{device}/"; }),
            "cloud.iot_core.topic_prefix: '/{device}/': ends with '/'");
  EXPECT_EQ(line_of([](IotCoreSettings& s) { s.registry = "a+b", s.topic_prefix = "/{registry}/{device}"; }),
            "cloud.iot_core.topic_prefix: '/{registry}/{device}': has a character that a topic cannot carry");
  EXPECT_EQ(line_of([](IotCoreSettings& s) { s.topic_prefix = "/{devise}/{device}"; }),
            "cloud.iot_core.topic_prefix: '/{devise}/{device}': has the unknown placeholder {devise}");
  EXPECT_EQ(line_of([](IotCoreSettings& s) { s.client_id = "{project"; }),
            "cloud.iot_core.client_id: '{project': has a lone brace");
  EXPECT_EQ(line_of([](IotCoreSettings& s) { s.client_id = "project}"; }),
            "cloud.iot_core.client_id: 'project}': has a lone brace");
  EXPECT_NE(line_of([](IotCoreSettings& s) { s.project.clear(); }).find("names {project}, which is empty"),
            std::string::npos);
  EXPECT_NE(line_of([](IotCoreSettings& s) { s.gateway = "gw/1"; }).find("cloud.iot_core.gateway: 'gw/1': has '/'"),
            std::string::npos);
}

TEST(Dialect, AnUnknownWordNamesTheKnownOnes) {
  auto wanted = settings();
  wanted.dialect = "iot-kore";
  const auto made = make(wanted);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Code::unsupported);
  EXPECT_EQ(made.error().line(), "cloud.dialect: 'iot-kore': unknown dialect");
  EXPECT_EQ(made.error().hint, "known: iot-core");
  EXPECT_EQ(words(), std::vector<std::string>{"iot-core"});
}

}  // namespace
}  // namespace vouchgate::dialect
