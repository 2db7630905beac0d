// The registry file: what it means and which mistakes it may have. Never starts a broker.
#include "emulator/registry.hpp"

#include <gmock/gmock.h>

#include "emulator/strict_json.hpp"
#include "test_keys.hpp"

namespace vouchgate::emulator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TestKey;

Json base() { return Json{{"project", "bench"}, {"region", "here"}, {"registry", "demo"}, {"devices", Json::array()}}; }
Json device(const std::string& id) { return Json{{"id", id}}; }
Json key(const std::string& format, const std::string& pem) { return Json{{"format", format}, {"key", pem}}; }

std::vector<std::string> mistakes(const Json& value) {
  std::vector<std::string> lines;
  for (const Error& mistake : parse_registry(value.dump(), "/nonexistent").mistakes) lines.push_back(mistake.line());
  return lines;
}
std::vector<std::string> mistakes_of(const Json& one) {
  Json value = base();
  value["devices"].push_back(one);
  return mistakes(value);
}

TEST(RegistryTest, ReadsEverythingItKnows) {
  Json value = base();
  value["clock_skew_s"] = 5;
  value["admin"] = {{"username", "root"}, {"password", "secret"}};
  value["limits"] = {{"messages_per_second", 100}};
  Json gateway = device("gw-1");
  gateway["gateway"] = true;
  gateway["gateway_auth"] = "association_and_device_auth_token";
  gateway["bound"] = {"pump-1"};
  Json keyed = key("ES256_PEM", TestKey::p256().pem());
  keyed["expires"] = "2026-01-02T00:00:00Z";
  gateway["keys"].push_back(keyed);
  Json pump = device("pump-1");
  pump["config_b64"] = "AP8=";
  pump["blocked"] = true;
  value["devices"] = {gateway, pump};
  const auto registry = parse_registry(value.dump(), "").registry;
  ASSERT_TRUE(registry);
  EXPECT_EQ(registry->client_id("gw-1"), "projects/bench/locations/here/registries/demo/devices/gw-1");
  EXPECT_EQ(registry->clock_skew, 5);
  EXPECT_EQ(registry->limits.messages_per_second, 100u);
  EXPECT_EQ(registry->admin->password, "secret");
  const Device* found = registry->find("gw-1");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->gateway_auth, GatewayAuth::association_and_device_auth_token);
  EXPECT_EQ(found->keys.at(0).expires, 1767312000);
  EXPECT_TRUE(found->bound.contains("pump-1"));
  EXPECT_EQ(registry->find("pump-1")->config, std::string("\0\xff", 2));
  EXPECT_TRUE(registry->find("pump-1")->blocked);
}

TEST(RegistryTest, ReportsAllMistakesAtOnce) {
  EXPECT_THAT(
      mistakes(Json{{"project", ""}, {"region", 1}, {"regsitry", "demo"}, {"clock_skew_s", -1}}),
      ElementsAre("registry: project: is empty", "registry: region: is not a string", "registry: registry: is missing",
                  "registry: clock_skew_s: is not a whole number from 0 to 86400", "registry: regsitry: unknown key"));
}

TEST(RegistryTest, RefusesTextThatIsNotOneJsonObject) {
  EXPECT_THAT(parse_registry("{", "").mistakes.at(0).line(), HasSubstr("is not JSON"));
  EXPECT_THAT(parse_registry(R"({"project":"a","project":"b"})", "").mistakes.at(0).line(), HasSubstr("given twice"));
  EXPECT_THAT(parse_registry("[]", "").mistakes.at(0).line(), HasSubstr("is not an object"));
}

TEST(RegistryTest, ChecksDevices) {
  EXPECT_THAT(mistakes_of(device("a/b")), ElementsAre(HasSubstr("devices[0].id: 'a/b' has '/'")));
  Json value = base();
  value["devices"] = {device("pump-1"), device("pump-1")};
  EXPECT_THAT(mistakes(value), ElementsAre(HasSubstr("'pump-1' is given twice")));
  Json bound = device("gw-1");
  bound["bound"] = {"nobody-1", "nobody-1"};
  EXPECT_THAT(mistakes_of(bound), ElementsAre(HasSubstr("is not a gateway"), HasSubstr("'nobody-1' twice"),
                                              HasSubstr("binds 'nobody-1', which is not a device")));
  Json method = device("gw-1");
  method["gateway"] = true;
  method["gateway_auth"] = "trust";
  EXPECT_THAT(mistakes_of(method), ElementsAre(HasSubstr("'trust' is not an authentication method")));
  Json config = device("pump-1");
  config["config"] = std::string(64 * 1024 + 1, 'x');
  EXPECT_THAT(mistakes_of(config), ElementsAre(HasSubstr("larger than 64 KiB")));
}

TEST(RegistryTest, ChecksKeysAgainstTheirFormat) {
  const auto with = [](std::vector<Json> keys) {
    Json one = device("pump-1");
    one["keys"] = std::move(keys);
    return mistakes_of(one);
  };
  const std::string pem = TestKey::p256().pem();
  EXPECT_THAT(with({key("RSA_PEM", pem)}), ElementsAre(HasSubstr("RSA_PEM is not an RSA key")));
  EXPECT_THAT(with({key("ES256_PEM", TestKey::p384().pem())}), ElementsAre(HasSubstr("is on secp384r1")));
  EXPECT_THAT(with({key("RSA_PEM", TestKey::rsa(1024).pem())}), ElementsAre(HasSubstr("has 1024 bits")));
  EXPECT_THAT(with({key("ES256_X509_PEM", pem)}), ElementsAre(HasSubstr("is not a PEM certificate")));
  EXPECT_THAT(with({key("ED25519", pem)}), ElementsAre(HasSubstr("is not a known key format")));
  EXPECT_THAT(with({Json{{"format", "ES256_PEM"}, {"key_file", "gone.pem"}}}),
              ElementsAre(HasSubstr("cannot read 'gone.pem'")));
  const Json good = key("ES256_PEM", pem);
  EXPECT_THAT(with({good, good, good, good}), ElementsAre(HasSubstr("more than 3 keys")));
}

}  // namespace
}  // namespace vouchgate::emulator
