// Certificates judged by the openssl program, which shares no code with how they were put together.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <set>

#include "temporary_directory.hpp"
#include "vouchgate/keys/keys.hpp"
#include "vouchgate/provision/export.hpp"

namespace vouchgate::provision {
namespace {

class CertificateOf : public ::testing::TestWithParam<const char*> {
 protected:
  CertificateOf() {
    KeySettings settings;
    settings.holder = "file";
    settings.algorithm = GetParam();
    settings.file.path = path("key.pem");
    signer = std::move(*keys::create(settings));
  }
  std::string path(const std::string& name) const { return directory.path() + "/" + name; }
  Result<std::string> make(const std::string& name = "gw-1") {
    return x509_pem(*signer, name, WallTime(std::chrono::seconds(1767225600)), std::chrono::hours(48));
  }
  // What the program prints; "failed" in front if it failed.
  std::string openssl(const std::string& arguments) const {
    FILE* pipe = ::popen(("openssl " + arguments + " 2>&1").c_str(), "r");
    std::string out;
    std::array<char, 4096> buffer{};
    for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
      out.append(buffer.data(), got);
    return (::pclose(pipe) == 0 ? "" : "failed: ") + out;
  }
  support::TemporaryDirectory directory;
  std::unique_ptr<Signer> signer;
};

TEST_P(CertificateOf, is_accepted_by_openssl_at_its_strictest) {
  const auto certificate = make();
  ASSERT_TRUE(certificate) << certificate.error().text();
  std::ofstream(path("c.pem")) << *certificate;
  const std::string strict = "verify -check_ss_sig -x509_strict -attime 1767229200 -CAfile ";
  EXPECT_EQ(openssl(strict + path("c.pem") + " " + path("c.pem")), path("c.pem") + ": OK\n");
  EXPECT_EQ(openssl("x509 -noout -pubkey -in " + path("c.pem")), pem(signer->info()));
  EXPECT_EQ(openssl("x509 -noout -nameopt RFC2253 -subject -issuer -dates -in " + path("c.pem")),
            "subject=CN=gw-1\nissuer=CN=gw-1\nnotBefore=Jan  1 00:00:00 2026 GMT\nnotAfter=Jan  3 00:00:00 2026 GMT\n");
}

TEST_P(CertificateOf, is_read_back_as_a_public_key) {
  const auto key = from_pem(*make(), signer->info().algorithm);
  ASSERT_TRUE(key) << key.error().text();
  EXPECT_EQ(key->public_key_der, signer->info().public_key_der);
}

TEST_P(CertificateOf, has_its_own_serial_number_and_a_possible_name) {
  std::set<std::string> serials;
  for (int i = 0; i < 5; ++i) {
    std::ofstream(path("c.pem")) << *make();
    serials.insert(openssl("x509 -noout -serial -in " + path("c.pem")));
  }
  EXPECT_EQ(serials.size(), 5u);
  EXPECT_EQ(make("").error().code, Code::invalid);
  EXPECT_EQ(make(std::string(65, 'x')).error().code, Code::invalid);
  EXPECT_TRUE(make(std::string(64, 'x')));
}

INSTANTIATE_TEST_SUITE_P(each, CertificateOf, ::testing::Values("ES256", "ES384", "RS256", "PS256"),
                         [](const auto& instance) { return std::string(instance.param); });

}  // namespace
}  // namespace vouchgate::provision
