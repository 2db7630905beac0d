// The configuration: every kind of mistake with its position, all at once; what is printed loads as itself.
#include "vouchgate/config/config.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <random>

namespace vouchgate::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Vocabulary words{{"tpm", "file"}, {"iot-core"}};
const std::string required =
    "cloud:\n  endpoints: [\"mqtts://cloud:8883\"]\n  iot_core: {project: p, registry: r, gateway: gw-1}\n";

std::vector<std::string> texts(const Loaded& loaded) {
  std::vector<std::string> out;
  for (const Mistake& mistake : loaded.mistakes) out.push_back(mistake.text());
  return out;
}
std::vector<std::string> mistakes(const std::string& yaml) {
  return texts(load_text("v.yaml", required + yaml, words));
}

TEST(Config, the_least_that_must_be_set_is_enough) {
  const Loaded loaded = load_text("v.yaml", required, words);
  EXPECT_THAT(texts(loaded), IsEmpty());
  EXPECT_EQ(loaded.settings.cloud.iot_core.region, "us-central1");
  EXPECT_EQ(loaded.settings.token.lifetime, std::chrono::minutes(60));
}

TEST(Config, an_empty_file_says_what_must_be_set_and_nothing_else) {
  EXPECT_THAT(
      texts(load_text("v.yaml", "", words)),
      ElementsAre(HasSubstr("v.yaml: cloud.endpoints: must be set"), "v.yaml: cloud.iot_core.project: must be set",
                  "v.yaml: cloud.iot_core.registry: must be set", "v.yaml: cloud.iot_core.gateway: must be set"));
}

TEST(Config, all_mistakes_come_at_once_with_line_and_column_and_hints) {
  const std::string yaml =
      "key:\n  holder: tpn\ntoken:\n  lifetme: 60m\n  renew_before: 2h\ncloud:\n  endpoints: [\"mqtt://cloud:1883\"]\n"
      "  iot_core: {project: p, registry: r, gateway: gw-1}\ndevices:\n  - {id: pump-1}\n  - id: pump/1\nspool: "
      "{}\nspool: {}\n";
  EXPECT_THAT(texts(load_text("v.yaml", yaml, words)),
              ElementsAre("v.yaml:2:11: key.holder: 'tpn' is not one of tpm, file\n  hint: did you mean 'tpm'?",
                          "v.yaml:4:3: token.lifetme: unknown key\n  hint: did you mean 'lifetime'?",
                          "v.yaml:5:17: token.renew_before: 2h is not below token.lifetime (60m)",
                          "v.yaml:7:15: cloud.endpoints[0]: 'mqtt://cloud:1883' is not encrypted\n  hint: the token is "
                          "a password; use mqtts://",
                          "v.yaml:11:9: devices[1].id: 'pump/1' has '/', which a topic cannot carry\n  hint: use "
                          "letters, digits and - . _ ~ %",
                          "v.yaml:13:1: spool: given twice (first at 12:1)"));
}

struct Wrong {
  const char* yaml;
  const char* says;
};
void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.yaml; }
class ConfigMistake : public ::testing::TestWithParam<Wrong> {};
TEST_P(ConfigMistake, is_said_once) { EXPECT_THAT(mistakes(GetParam().yaml), ElementsAre(HasSubstr(GetParam().says))); }
INSTANTIATE_TEST_SUITE_P(
    kinds, ConfigMistake,
    ::testing::Values(
        Wrong{"log: {level: loud}", "v.yaml:4:14: log.level: 'loud' is not one of error, warning, notice, info, debug"},
        Wrong{"log: info", "v.yaml:4:6: log: must be a section of keys"},
        Wrong{"log: {level: [info]}", "log.level: must be one word"},
        Wrong{"colud: {}", "v.yaml:4:1: colud: unknown key\n  hint: did you mean 'cloud'?"},
        Wrong{"key: {tpm: {password: x}}", "hint: secrets are never in this file; see key.tpm.auth_file"},
        Wrong{"token: {lifetime: 60}", "token.lifetime: '60' has no unit"},
        Wrong{"token: {lifetime: 60 m}", "token.lifetime: '60 m' is not a duration"},
        Wrong{"token: {lifetime: 25h}", "token.lifetime: 25h is not within 10s to 24h"},
        Wrong{"token: {lifetime: 99999999999999999999h}", "is too large"},
        Wrong{"token: {lifetime: -5s}", "is not a duration"},
        Wrong{"token: {lifetime: 20m, renew_before: 19m55s}", "is not a duration"},
        Wrong{"token: {lifetime: 20m, renew_before: 1190s}", "together are not below token.lifetime (20m)"},
        Wrong{"token: {claims: {exp: soon}}", "token.claims.exp: is set by the gateway itself"},
        Wrong{"token: {claims: [a]}", "token.claims: must be a mapping"},
        Wrong{"spool: {max_bytes: 1000000}", "spool.max_bytes: '1000000' has no unit"},
        Wrong{"spool: {max_bytes: 1B}", "is not within 1MiB to"},
        Wrong{"ingress: {unix: {mode: 0660}}", "ingress.unix.mode: '0660' must be quoted"},
        Wrong{"ingress: {unix: {mode: \"0999\"}}", "is not a number"},
        Wrong{"ingress: {unix: {max_connections: 010}}", "has a leading zero"},
        Wrong{"ingress: {unix: {max_connections: many}}", "is not a number"},
        Wrong{"key: {tpm: {handle: 0x40000001}}", "key.tpm.handle: 0x40000001 is not within 0x81000000 to 0x817fffff"},
        Wrong{"key: {tpm: {handle: 0x81000001}}", "is the same as key.tpm.parent"},
        Wrong{"key: {tpm: {tcti: \"\"}}", "key.tpm.tcti: must be set"},
        Wrong{"devices: pump-1", "devices: must be a list"},
        Wrong{"devices: [pump-1]", "devices[0]: must be a section of keys"},
        Wrong{"devices: [{}]", "devices[0].id: must be set"},
        Wrong{"devices: [{id: pump-1}, {id: pump-1}]", "devices[1].id: 'pump-1' is listed twice"},
        Wrong{"devices: [{id: gw-1}]", "is the gateway itself"},
        Wrong{"devices: [{id: pump-1, token_file: /x}]", "needs auth: token"},
        Wrong{"devices: [{id: \"a\\0b\"}]", "devices[0].id: has a NUL byte"},
        Wrong{"devices: [{id: pump-1, colour: red}]", "devices[0].colour: unknown key"},
        Wrong{"control: {path: \"\"}", "control.path: must be set"},
        Wrong{"control: {path: "
              "/123456789/123456789/123456789/123456789/123456789/123456789/123456789/123456789/123456789/123456789/"
              "1234567}",
              "108 bytes; a Unix socket's path has at most 107"}));

TEST(Config, what_is_not_yaml_is_one_mistake_with_a_place) {
  EXPECT_THAT(texts(load_text("v.yaml", "key:\n\tholder: tpm\n", words)),
              ElementsAre(HasSubstr("v.yaml:2:8: not readable as YAML")));
  EXPECT_THAT(texts(load_text("v.yaml", "\xff\xfe", words)), ElementsAre("v.yaml: is not UTF-8 text"));
  EXPECT_THAT(texts(load_text("v.yaml", std::string(1024 * 1024 + 1, ' '), words)),
              ElementsAre("v.yaml: larger than 1 MiB"));
  EXPECT_THAT(texts(load_text("v.yaml", "- a\n", words)), ElementsAre(HasSubstr("must be a mapping of sections")));
  const std::string bomb =
      "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
      "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: "
      "[*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n";
  EXPECT_THAT(texts(load_text("v.yaml", bomb, words)),
              ::testing::Contains(HasSubstr("too large or nested too deeply")));
}

class ConfigFiles : public ::testing::Test {
 protected:
  ConfigFiles() {
    char name[] = "/tmp/vouchgate-config-XXXXXX";
    directory = ::mkdtemp(name);
    std::filesystem::create_directory(directory + "/conf.d");
  }
  ~ConfigFiles() override { std::filesystem::remove_all(directory); }
  void write(const std::string& name, const std::string& text) { std::ofstream(directory + "/" + name) << text; }
  std::string directory;
};

TEST_F(ConfigFiles, conf_d_joins_sections_and_refuses_a_key_given_twice) {
  write("v.yaml", required + "token: {lifetime: 30m}\n");
  write("conf.d/20-site.yaml", "token: {kid: k1, lifetime: 20m}\n");
  write("conf.d/10-devices.yaml", "devices: [{id: pump-1}]\n");
  write("conf.d/ignored.txt", "nonsense: [");
  const Loaded loaded = load(directory + "/v.yaml", words);
  EXPECT_THAT(texts(loaded),
              ElementsAre(directory + "/conf.d/20-site.yaml:1:18: token.lifetime: given twice (first at " + directory +
                          "/v.yaml:4:9)"));
  EXPECT_EQ(loaded.settings.token.kid, "k1");
  ASSERT_EQ(loaded.settings.devices.size(), 1u);
}

TEST_F(ConfigFiles, a_missing_file_is_said_with_a_hint) {
  const auto said = texts(load(directory + "/none.yaml", words));
  ASSERT_FALSE(said.empty());
  EXPECT_EQ(said[0],
            directory +
                "/none.yaml: No such file or directory\n  hint: 'vouchgated --print-config' prints one to start from");
}

TEST(Config, the_examples_load) {
  int seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(VOUCHGATE_SOURCE_DIR "/config/examples")) {
    EXPECT_THAT(texts(load(entry.path(), words)), IsEmpty()) << entry.path();
    ++seen;
  }
  EXPECT_GE(seen, 2);
}

TEST(Config, the_shipped_file_lacks_only_what_must_be_set) {
  EXPECT_EQ(load(VOUCHGATE_SOURCE_DIR "/config/vouchgate.yaml", words).mistakes.size(), 4u);
}

// Random settings within their ranges survive being printed and loaded.
TEST(Config, what_is_printed_loads_as_itself) {
  std::mt19937 random(7);
  const auto text = [&] {
    const std::string alphabet = "aZ0 :#'\"\\{}[],&*!|>%@`-_./\xc3\xa9\n\t~";
    std::string out;
    for (auto n = random() % 12; n > 0; --n) {
      const char c = alphabet[random() % alphabet.size()];
      if (static_cast<unsigned char>(c) < 0x80) out += c;
    }
    return out + "x";
  };
  for (int round = 0; round < 300; ++round) {
    Settings s = load_text("v.yaml", required, words).settings;
    s.key.holder = random() % 2 == 0 ? "tpm" : "file";
    s.key.tpm.tcti = text();
    s.key.tpm.handle = 0x81000100 + random() % 1000;
    s.key.file.path = text();
    s.token.lifetime = std::chrono::seconds(3600 + random() % 80000);
    s.token.kid = text();
    s.token.claims = {{text(), text()}, {"scope", text()}};
    s.cloud.limits.state_interval = Duration(random() % 3'600'000);
    s.cloud.iot_core.client_id = text();
    s.ingress.unix_socket.mode = random() % 0777;
    s.spool.max_bytes = (1u << 20) + random();
    s.devices.resize(random() % 4);
    for (std::size_t i = 0; i < s.devices.size(); ++i) {
      s.devices[i].id = "pump-" + std::to_string(i);
      s.devices[i].users = {text(), text()};
    }
    const std::string printed = print(s);
    const Loaded loaded = load_text("again.yaml", printed, words);
    ASSERT_THAT(texts(loaded), IsEmpty()) << printed;
    ASSERT_EQ(print(loaded.settings), printed);
    ASSERT_EQ(loaded.settings.token.claims, s.token.claims);
    ASSERT_EQ(loaded.settings.cloud.iot_core.client_id, s.cloud.iot_core.client_id);
  }
}

}  // namespace
}  // namespace vouchgate::config
