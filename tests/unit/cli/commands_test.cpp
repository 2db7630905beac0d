// The whole command in this process with a key in a file: what it prints, and how it ends.
#include "cli/commands.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "temporary_directory.hpp"

namespace vouchgate::cli {
namespace {

struct Ended {
  int code = 0;
  std::string out, error;
};

int call(std::vector<std::string> words) {
  words.insert(words.begin(), "vouchgate");
  std::vector<char*> argv;
  for (std::string& argument : words) argv.push_back(argument.data());
  argv.push_back(nullptr);
  return command_line(static_cast<int>(words.size()), argv.data());
}

class Commands : public ::testing::Test {
 protected:
  Commands() {
    std::ofstream(path("gateway.yaml"))
        << "key:\n  holder: file\n  algorithm: ES256\n  file:\n    path: " << path("key.pem")
        << "\ncloud:\n  endpoints: [mqtts://localhost:8883]\n  iot_core: {project: demo, "
           "region: r, registry: demo, gateway: gw-1}\n";
  }
  std::string path(const std::string& name) const { return directory.path() + "/" + name; }
  std::vector<std::string> configured(std::vector<std::string> words) const {
    words.insert(words.begin(), {"--config", path("gateway.yaml")});
    return words;
  }
  static Ended run(const std::vector<std::string>& words) {
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    Ended ended;
    ended.code = call(words);
    ended.out = ::testing::internal::GetCapturedStdout();
    ended.error = ::testing::internal::GetCapturedStderr();
    return ended;
  }
  support::TemporaryDirectory directory;
};

TEST_F(Commands, wrong_usage_is_two_and_a_failure_is_one) {
  EXPECT_EQ(run({}).code, 2);
  EXPECT_EQ(run({"key"}).code, 2);
  EXPECT_EQ(run({"key", "export", "--format", "pdf"}).code, 2);
  EXPECT_EQ(run(configured({"key", "remove"})).code, 2);
  EXPECT_EQ(run({"--version"}).code, 0);
  const Ended none = run(configured({"key", "show"}));
  EXPECT_EQ(none.code, 1);
  EXPECT_EQ(none.out, "");
  EXPECT_NE(none.error.find("hint: "), std::string::npos) << none.error;
  EXPECT_EQ(run({"atecc"}).code, 2);
  EXPECT_NE(run({"atecc", "info", "--address", "0xc0"}).error.find("write 0x60: the 7-bit form"), std::string::npos);
  EXPECT_EQ(run({"atecc", "info", "--address", "0x78"}).code, 2);
  EXPECT_EQ(run({"atecc", "--bus", path("none"), "info"}).code, 1);
}

TEST_F(Commands, making_a_key_tells_what_comes_next) {
  const Ended made = run(configured({"key", "create"}));
  ASSERT_EQ(made.code, 0) << made.error;
  for (const char* part : {"key export --format pem", "ES256_X509", "gw-1", "systemctl"})
    EXPECT_NE(made.out.find(part), std::string::npos) << made.out;
  EXPECT_EQ(run(configured({"key", "create"})).code, 1) << "never replaces one";
}

TEST_F(Commands, options_stand_before_the_verb_or_behind_it) {
  ASSERT_EQ(run(configured({"key", "create"})).code, 0);
  const Ended before = run(configured({"--json", "key", "show"}));
  const Ended behind = run({"key", "show", "--json", "--config", path("gateway.yaml")});
  EXPECT_EQ(before.out, behind.out);
  const auto shown = nlohmann::json::parse(before.out);
  EXPECT_EQ(shown.at("holder"), "file");
  EXPECT_EQ(shown.at("where"), path("key.pem"));
  for (const char* member : {"name", "algorithm", "hardware"}) EXPECT_TRUE(shown.contains(member)) << member;
}

TEST_F(Commands, the_help_of_export_names_the_registrys_words) {
  const Ended help = run({"key", "export", "--help"});
  EXPECT_EQ(help.code, 0);
  for (const char* format : {"ES256 or RS256", "ES256_X509", "RS256_X509"})
    EXPECT_NE(help.out.find(format), std::string::npos) << help.out;
}

TEST_F(Commands, a_minted_token_is_verified_by_what_export_prints) {
  ASSERT_EQ(run(configured({"key", "create"})).code, 0);
  std::string minted = run(configured({"token", "mint"})).out;
  ASSERT_EQ(minted.back(), '\n');
  minted.pop_back();
  for (const char* format : {"pem", "x509"}) {
    ASSERT_EQ(run(configured({"key", "export", "--format", format, "--out", path("public")})).code, 0);
    const Ended told = run({"token", "inspect", minted, "--public-key", path("public")});
    EXPECT_EQ(told.code, 0) << told.error;
    EXPECT_NE(told.out.find("signature  verifies"), std::string::npos) << told.out;
  }
}

TEST_F(Commands, a_public_key_that_cannot_be_read_is_named) {
  ASSERT_EQ(run(configured({"key", "create"})).code, 0);
  std::string minted = run(configured({"token", "mint"})).out;
  minted.pop_back();
  std::ofstream(path("empty"));
  const std::map<std::string, std::string> reasons = {{path("none"), "cannot be read"},
                                                      {directory.path(), "cannot be read"},
                                                      {path("empty"), "is neither"},
                                                      {path("gateway.yaml"), "is neither"}};
  for (const auto& [file, reason] : reasons) {
    const Ended told = run({"token", "inspect", minted, "--public-key", file});
    EXPECT_EQ(told.code, 1);
    EXPECT_EQ(told.error.find("public key: " + file + ": " + reason), 0u) << told.error;
    EXPECT_NE(told.out.find("NOT VERIFIED"), std::string::npos) << told.out;
  }
}

TEST_F(Commands, output_that_cannot_be_written_is_a_failure) {
  ASSERT_EQ(run(configured({"key", "create"})).code, 0);
  ::testing::internal::CaptureStderr();
  std::cout.flush();
  const int own = ::dup(STDOUT_FILENO), full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ::dup2(full, STDOUT_FILENO);
  const int code = call(configured({"key", "export"}));
  ::dup2(own, STDOUT_FILENO);
  ::close(own);
  ::close(full);
  std::cout.clear();
  EXPECT_EQ(code, 1);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "standard output: cannot be written\n");
}

}  // namespace
}  // namespace vouchgate::cli
