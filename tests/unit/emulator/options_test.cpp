// The launcher's command line. Never runs anything.
#include "emulator/options.hpp"

#include <gtest/gtest.h>

#include "emulator/broker_config.hpp"

namespace vouchgate::emulator {
namespace {

std::string complaint(const std::vector<std::string>& arguments) {
  const auto line = parse_options(arguments);
  const auto* error = std::get_if<Error>(&line);
  return error == nullptr ? "" : error->line();
}

TEST(OptionsTest, ReadsBothSpellingsOfAValue) {
  const auto line = parse_options({"--registry", "r.json", "--port=0", "--quiet-telemetry"});
  const auto& options = std::get<Options>(line);
  EXPECT_EQ(options.registry, "r.json");
  EXPECT_EQ(options.port, 0);
  EXPECT_TRUE(options.quiet);
}

TEST(OptionsTest, SaysWhatIsWrong) {
  EXPECT_EQ(complaint({}), "emulator: --registry: is missing");
  EXPECT_EQ(complaint({"--prt", "1"}), "emulator: '--prt': unknown option");
  EXPECT_EQ(complaint({"--registry"}), "emulator: --registry: needs a value");
  EXPECT_EQ(complaint({"--registry", "r", "--port", "70000"}), "emulator: --port: '70000' is not a port");
  EXPECT_EQ(complaint({"--registry", "r", "--cert", "c"}), "emulator: --cert and --key: go together");
  EXPECT_EQ(complaint({"--registry", "r", "--tls-version", "ssl3"}),
            "emulator: --tls-version: is not tlsv1.2 or tlsv1.3");
  EXPECT_EQ(complaint({"--registry", "r\nuser root"}), "emulator: --registry: has a line break");
}

TEST(OptionsTest, HelpNamesEveryOption) {
  const auto line = parse_options({"--help"});
  const std::string& text = std::get<ShowText>(line).text;
  for (const char* word : {"--registry", "--listen", "--port", "--state-dir", "--cert", "--key", "--tls-version"})
    EXPECT_NE(text.find(word), std::string::npos) << word;
}

TEST(OptionsTest, TheUrlIsOneAClientCanCheckTheCertificateAgainst) {
  Options options;
  EXPECT_EQ(client_url(options), "mqtts://localhost:8883");
  options.listen = "bench.example";
  EXPECT_EQ(client_url(options), "mqtts://bench.example:8883");
  options.listen = "fd00::1";
  EXPECT_EQ(client_url(options), "mqtts://[fd00::1]:8883");
}

}  // namespace
}  // namespace vouchgate::emulator
