// The cloud's token rules, each broken once. Never depends on the wall clock.
#include "emulator/verifier.hpp"

#include <gtest/gtest.h>

#include "test_keys.hpp"

namespace vouchgate::emulator {
namespace {

using testing::claims;
using testing::es256_header;
using testing::TestKey;

constexpr Seconds now = 1'800'000'000;

class VerifierTest : public ::testing::Test {
 protected:
  VerifierTest() {
    registry_.project = "bench";
    add("ES256_PEM", ec_);
    add("RSA_PEM", rsa_);
    add("ES384_PEM", p384_);
  }
  void add(const char* format, const TestKey& key) {
    device_.keys.push_back({*read_public_key(format, key.pem()), {}});
  }
  TokenVerdict verify(const std::string& token) { return verify_token(token, device_, registry_, now); }
  std::string refusal(const std::string& token) {
    const auto verdict = verify(token);
    return verdict ? "accepted" : verdict.error().word;
  }
  std::string refusal_of(const std::string& body) { return refusal(ec_.token(es256_header, body)); }
  std::string refusal_with(const std::string& header) { return refusal(ec_.token(header, claims(now, now + 60))); }

  // Made once: an RSA key takes a second.
  static const TestKey& rsa_key() {
    static const TestKey key = TestKey::rsa();
    return key;
  }

  const TestKey ec_ = TestKey::p256(), rsa_ = rsa_key(), p384_ = TestKey::p384();
  Device device_;
  Registry registry_;
};

TEST_F(VerifierTest, AcceptsEachAlgorithmWithItsKey) {
  const auto token = verify(ec_.token(es256_header, claims(now, now + 60)));
  ASSERT_TRUE(token);
  EXPECT_EQ(token->algorithm, "ES256");
  EXPECT_EQ(token->expires, now + 60);
  EXPECT_TRUE(verify(rsa_.token(R"({"alg":"RS256","typ":"JWT"})", claims(now, now + 60))));
  EXPECT_TRUE(verify(p384_.token(R"({"alg":"ES384","typ":"JWT"})", claims(now, now + 60))));
}

TEST_F(VerifierTest, IgnoresKidAndNbf) {
  EXPECT_TRUE(verify(ec_.token(R"({"alg":"ES256","typ":"JWT","kid":"none"})",
                               R"({"aud":"bench","nbf":9999999999,"iat":1800000000,"exp":1800000060})")));
}

TEST_F(VerifierTest, ForgivesTheSkewAndNotASecondMore) {
  EXPECT_EQ(refusal_of(claims(now - 700, now - 600)), "accepted");
  EXPECT_EQ(refusal_of(claims(now - 700, now - 601)), "exp");
  EXPECT_EQ(refusal_of(claims(now + 600, now + 700)), "accepted");
  EXPECT_EQ(refusal_of(claims(now + 601, now + 700)), "iat");
  EXPECT_EQ(refusal_of(claims(now, now + 87'000)), "accepted");
  EXPECT_EQ(refusal_of(claims(now, now + 87'001)), "lifetime");
}

TEST_F(VerifierTest, WantsOneAudienceThatIsTheProject) {
  EXPECT_EQ(refusal_of(claims(now, now + 60, "\"other\"")), "aud");
  EXPECT_EQ(refusal_of(claims(now, now + 60, "[\"bench\"]")), "aud");
}

TEST_F(VerifierTest, WantsIntegerDates) {
  EXPECT_EQ(refusal_of(R"({"aud":"bench","iat":1800000000.5,"exp":1800000060})"), "iat");
  EXPECT_EQ(refusal_of(R"({"aud":"bench","iat":1800000000,"exp":"1800000060"})"), "exp");
  EXPECT_EQ(refusal_of(R"({"aud":"bench","iat":1800000000})"), "exp");
  EXPECT_EQ(refusal_of(R"({"aud":"bench","iat":1800000000,"exp":18446744073709551615})"), "exp");
  EXPECT_EQ(refusal_of(R"({"aud":"bench","aud":"bench","iat":1800000000,"exp":1800000060})"), "claims");
}

TEST_F(VerifierTest, WantsTypAndAKnownAlg) {
  EXPECT_EQ(refusal_with(R"({"alg":"ES256"})"), "typ");
  EXPECT_EQ(refusal_with(R"({"alg":"none","typ":"JWT"})"), "alg");
  EXPECT_EQ(refusal_with(R"({"alg":"HS256","typ":"JWT"})"), "alg");
  EXPECT_EQ(refusal_with(R"({"alg":"PS256","typ":"JWT"})"), "alg");
}

TEST_F(VerifierTest, RefusesASignatureOfAnotherKey) {
  EXPECT_EQ(refusal(TestKey::p256().token(es256_header, claims(now, now + 60))), "signature");
  std::string changed = ec_.token(es256_header, claims(now, now + 60));
  const std::string later = ec_.token(es256_header, claims(now, now + 61));
  changed = later.substr(0, later.rfind('.')) + changed.substr(changed.rfind('.'));
  EXPECT_EQ(refusal(changed), "signature");
}

TEST_F(VerifierTest, RefusesAnAlgorithmNoLiveKeyIsFor) {
  device_.keys.erase(device_.keys.begin() + 1, device_.keys.end());
  EXPECT_EQ(refusal(rsa_.token(R"({"alg":"RS256","typ":"JWT"})", claims(now, now + 60))), "key");
  device_.keys[0].expires = now - 1;
  EXPECT_EQ(refusal(ec_.token(es256_header, claims(now, now + 60))), "key");
}

TEST_F(VerifierTest, TriesEveryKeySoThatKeysCanBeRotated) {
  const TestKey next = TestKey::p256();
  add("ES256_PEM", next);
  EXPECT_EQ(refusal(next.token(es256_header, claims(now, now + 60))), "accepted");
}

TEST_F(VerifierTest, IsStrictAboutBase64Url) {
  const std::string good = ec_.token(es256_header, claims(now, now + 60));
  EXPECT_EQ(refusal(good + "="), "base64url");
  EXPECT_EQ(refusal(good + "\n"), "base64url");
  EXPECT_EQ(refusal("=" + good), "base64url");
  EXPECT_EQ(refusal(good + ".e30"), "header");
  EXPECT_EQ(refusal("a.b"), "base64url");
  EXPECT_EQ(refusal(""), "header");
}

}  // namespace
}  // namespace vouchgate::emulator
