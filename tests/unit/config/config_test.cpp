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

const Vocabulary words{{"tpm", "atecc608", "file"}, {"iot-core"}};
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
  EXPECT_THAT(
      texts(load_text("v.yaml", yaml, words)),
      ElementsAre("v.yaml:2:11: key.holder: 'tpn' is not one of tpm, atecc608, file\n  hint: did you mean 'tpm'?",
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
        Wrong{"token: {backdate: 10m}", "v.yaml:4:19: token.backdate: 10m is not below token.clock_skew (10m)"},
        Wrong{"token:\n  lifetime:\n", "v.yaml:5:3: token.lifetime: has no value\n  hint: remove the key"},
        Wrong{"token: {[a]: b}", "v.yaml:4:9: token: a key must be plain text"},
        Wrong{"token: {kid: ~}", "v.yaml:4:9: token.kid: has no value"},
        Wrong{"token: {claims: {a: \"\\0\"}}", "token.claims.a: has a NUL byte"},
        Wrong{"devices: [{id: pump-1, users: [\"\\0\"]}]", "devices[0].users[0]: has a NUL byte"},
        Wrong{"token: {claims: {exp: soon}}", "token.claims.exp: is set by the gateway itself"},
        Wrong{"token: {claims: [a]}", "token.claims: must be a mapping"},
        Wrong{"spool: {max_bytes: 1000000}", "spool.max_bytes: '1000000' has no unit"},
        Wrong{"spool: {max_bytes: 1B}", "is not within 1MiB to"},
        Wrong{"spool: {write_after: 200ms}",
              "v.yaml:4:22: spool.write_after: 200ms is not above cloud.attach.settle (200ms)"},
        Wrong{
            "spool: {max_bytes: 1MiB, device_share: 25}\ndevices: [{id: pump-1}, {id: pump-2}]",
            "v.yaml:4:40: spool.device_share: 25 percent of spool.max_bytes cannot hold the largest message (256KiB)"},
        Wrong{"ingress: {unix: {mode: 0660}}", "ingress.unix.mode: '0660' must be quoted"},
        Wrong{"ingress: {unix: {mode: \"0999\"}}", "is not a number"},
        Wrong{"ingress: {unix: {max_connections: 010}}", "has a leading zero"},
        Wrong{"ingress: {unix: {max_connections: many}}", "is not a number"},
        Wrong{"key: {tpm: {handle: 0x40000001}}", "key.tpm.handle: 0x40000001 is not within 0x81000000 to 0x817fffff"},
        Wrong{"key: {tpm: {handle: 0x81000001}}", "is the same as key.tpm.parent"},
        Wrong{"key: {tpm: {tcti: \"\"}}", "key.tpm.tcti: must be set"},
        Wrong{"key: {atecc608: {address: 0xC0}}", "key.atecc608.address: '0xC0' is an 8-bit address"},
        Wrong{"key: {atecc608: {address: 0xC0}}", "write 0x60: the 7-bit form"},
        Wrong{"key: {atecc608: {address: 0x6A}}", "write 0x35: the 7-bit form"},
        Wrong{"key: {atecc608: {address: 108}}", "write 0x36: the 7-bit form"},
        Wrong{"key: {atecc608: {address: 0x79}}", "key.atecc608.address: 0x79 is not within 0x8 to 0x77"},
        Wrong{"key: {atecc608: {slot: 16}}", "key.atecc608.slot: 16 is not within 0 to 15"},
        Wrong{"key: {holder: atecc608, atecc608: {bus: \"\"}}", "key.atecc608.bus: must be set"},
        Wrong{"key: {holder: atecc608, algorithm: RS256}", "key.algorithm: RS256 is not what an ATECC608 signs"},
        Wrong{"devices: pump-1", "devices: must be a list"},
        Wrong{"devices: [pump-1]", "devices[0]: must be a section of keys"},
        Wrong{"devices: [{}]", "devices[0].id: must be set"},
        Wrong{"devices: [{id: pump-1}, {id: pump-1}]", "devices[1].id: 'pump-1' is listed twice"},
        Wrong{"devices: [{id: gw-1}]", "is the gateway itself"},
        Wrong{"devices: [{id: pump-1, token_file: /x}]", "needs auth: token"},
        Wrong{"devices: [{id: \"a\\0b\"}]", "devices[0].id: has a NUL byte"},
        Wrong{"devices: [{id: pump-1, colour: red}]", "devices[0].colour: unknown key"},
        Wrong{"metrics: {listen: \"localhost:9464\"}",
              "v.yaml:4:19: metrics.listen: 'localhost:9464' has no numeric address"},
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
}

TEST(Config, a_hostile_file_ends_soon_with_one_mistake) {
  EXPECT_THAT(texts(load_text("v.yaml", "a: &a [x]\nb: *a\n", words)),
              ElementsAre("v.yaml:2:4: aliases are not read here\n  hint: write the value out"));
  EXPECT_THAT(texts(load_text("v.yaml", "a: " + std::string(40, '[') + std::string(40, ']'), words)),
              ::testing::Contains(HasSubstr("v.yaml:1:35: nested too deeply")));
  EXPECT_THAT(texts(load_text("v.yaml", std::string(20000, '['), words)),
              ::testing::Contains(HasSubstr("not readable as YAML")));
  std::string many = "token:\n";
  for (int i = 0; i < 100'000; ++i) many += " k" + std::to_string(i) + ":\n";
  EXPECT_THAT(texts(load_text("v.yaml", many, words)),
              ::testing::Contains("v.yaml:1002:2: token.k1000: too many keys"));
  EXPECT_THAT(texts(load_text("v.yaml", "? " + std::string(1000, 'k') + "\n: v\n", words)),
              ElementsAre("v.yaml:1:3: a key is too long"));
}

TEST(Config, what_follows_the_document_is_a_mistake) {
  const std::string hint =
      ": the document ends here, but the file goes on\n  hint: look for a second '---' or a stray , ] }";
  EXPECT_THAT(texts(load_text("v.yaml", ",1 a", words)), ElementsAre("v.yaml:1:1" + hint));
  EXPECT_THAT(texts(load_text("v.yaml", required + "---\nlog: {}\n", words)), ElementsAre("v.yaml:4:1" + hint));
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

TEST_F(ConfigFiles, mistakes_stand_in_the_order_in_which_the_files_are_read) {
  write("v.yaml", required + "token: {lifetme: 1m}\n");
  write("conf.d/20.yaml", "log: {levl: info}\n");
  write("conf.d/10.yaml", "colud: {}\n");
  EXPECT_THAT(texts(load(directory + "/v.yaml", words)),
              ElementsAre(HasSubstr("/v.yaml:4:9"), HasSubstr("/10.yaml:1:1"), HasSubstr("/20.yaml:1:7")));
}

TEST_F(ConfigFiles, a_file_that_cannot_be_read_brings_no_complaint_about_what_it_may_hold) {
  write("v.yaml", "cloud: [\n");
  write("conf.d/10.yaml", "log: {levl: info}\n");
  EXPECT_THAT(texts(load(directory + "/v.yaml", words)),
              ElementsAre(HasSubstr("/v.yaml:2:1: not readable"), HasSubstr("/10.yaml:1:7: log.levl: unknown key")));
}

TEST_F(ConfigFiles, a_key_without_a_value_gives_nothing_and_an_editors_hidden_file_is_left_out) {
  write("v.yaml", required + "devices:\ntoken:\n");
  write("conf.d/10.yaml", "devices: [{id: pump-1}]\ntoken: {kid: k1}\n");
  write("conf.d/20.yaml", "devices:\n");
  write("conf.d/.#10.yaml", "log: [\n");
  const Loaded loaded = load(directory + "/v.yaml", words);
  EXPECT_THAT(texts(loaded), IsEmpty());
  EXPECT_EQ(loaded.settings.devices.size(), 1u);
  EXPECT_EQ(loaded.settings.token.kid, "k1");
}

TEST_F(ConfigFiles, a_conf_d_that_cannot_be_listed_is_a_mistake) {
  std::filesystem::remove(directory + "/conf.d");
  write("v.yaml", required);
  write("conf.d", "not a folder");
  EXPECT_THAT(texts(load(directory + "/v.yaml", words)), ElementsAre(directory + "/conf.d: Not a directory"));
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
    if (entry.path().filename().string().starts_with("atecc608-")) continue;  // a chip's: chip_config_test
    EXPECT_THAT(texts(load(entry.path(), words)), IsEmpty()) << entry.path();
    ++seen;
  }
  EXPECT_GE(seen, 2);
}

TEST(Config, the_shipped_file_lacks_only_what_must_be_set) {
  EXPECT_EQ(load(VOUCHGATE_SOURCE_DIR "/config/vouchgate.yaml", words).mistakes.size(), 4u);
}

// Random settings within their ranges survive being printed and loaded.
TEST(Config, small_spools_that_make_sense_are_taken) {
  for (const char* spool : {"spool: {write_after: 0ms}", "spool: {write_after: 201ms}",
                            "spool: {max_bytes: 1MiB}\ndevices: [{id: pump-1}, {id: pump-2}]",
                            "spool: {max_bytes: 1MiB, device_share: 1}\ndevices: [{id: pump-1}]"})
    EXPECT_THAT(mistakes(spool), ::testing::IsEmpty()) << spool;
}

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
