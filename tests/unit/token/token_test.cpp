// Tokens as bytes: what is composed, when it is renewed, and what a strict reader refuses.
#include "vouchgate/token/token.hpp"

#include <gtest/gtest.h>

namespace vouchgate::token {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TokenSettings settings() {
  TokenSettings out;
  out.audience = "my-project";
  return out;
}
const WallTime now = WallTime(milliseconds(1'700'000'030'999));

std::string token_of(const std::string& header, const std::string& claims, const std::string& signature = "sig") {
  return base64url(view(header)) + "." + base64url(view(claims)) + "." + base64url(view(signature));
}
const std::string good_header = R"({"alg":"ES256","typ":"JWT"})";
const std::string good_claims = R"({"iat":1,"exp":2,"aud":"p"})";

TEST(Compose, IsByteForByteWhatTheCloudDocuments) {
  const auto composed = compose(settings(), Algorithm::es256, now);
  ASSERT_TRUE(composed) << composed.error().line();
  // {"alg":"ES256","typ":"JWT"} . {"iat":1700000000,"exp":1700003600,"aud":"my-project"}, 30 s back-dated
  EXPECT_EQ(composed->signing_input,
            "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9."
            "eyJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMzYwMCwiYXVkIjoibXktcHJvamVjdCJ9");
  EXPECT_EQ(composed->issued_at, WallTime(seconds(1'700'000'000)));
  EXPECT_EQ(composed->expires_at, WallTime(seconds(1'700'003'600)));
}

TEST(Compose, PutsTheKidAfterTypAndExtraClaimsAfterAud) {
  auto wanted = settings();
  wanted.kid = "k1";
  wanted.claims = {{"sub", "gw-1"}, {"acl", "\"quoted\""}};
  const auto composed = compose(wanted, Algorithm::rs256, now);
  ASSERT_TRUE(composed);
  const auto taken = inspect(join(composed->signing_input, view("x")));
  ASSERT_TRUE(taken) << taken.error().line();
  EXPECT_EQ(taken->header_json, R"({"alg":"RS256","typ":"JWT","kid":"k1"})");
  EXPECT_EQ(taken->claims_json,
            R"({"iat":1700000000,"exp":1700003600,"aud":"my-project","acl":"\"quoted\"","sub":"gw-1"})");
  EXPECT_EQ(taken->kid, "k1");
}

TEST(Compose, ExpiresOneLifetimeAfterIssueForEveryLifetimeAllowed) {
  for (const Duration lifetime : {Duration(seconds(10)), Duration(minutes(60)), Duration(std::chrono::hours(24))}) {
    auto wanted = settings();
    wanted.lifetime = lifetime;
    const auto composed = compose(wanted, Algorithm::es384, now);
    ASSERT_TRUE(composed);
    EXPECT_EQ(composed->expires_at - composed->issued_at, lifetime);
  }
}

TEST(Compose, RefusesSettingsThatMakeNoToken) {
  const auto reason_of = [](void (*spoil)(TokenSettings&), WallTime when = now) {
    auto wanted = settings();
    spoil(wanted);
    const auto composed = compose(wanted, Algorithm::es256, when);
    return composed ? std::string("accepted") : composed.error().line();
  };
  EXPECT_NE(reason_of([](TokenSettings& s) { s.lifetime = milliseconds(9'999); }).find("10 s"), std::string::npos);
  EXPECT_NE(reason_of([](TokenSettings& s) { s.lifetime = milliseconds(86'400'001); }).find("24 h"), std::string::npos);
  EXPECT_EQ(reason_of([](TokenSettings& s) { s.audience.clear(); }), "token: audience: is empty");
  EXPECT_EQ(reason_of([](TokenSettings& s) { s.audience = "\xff"; }), "token: audience: is not UTF-8");
  EXPECT_EQ(reason_of([](TokenSettings& s) { s.kid = "\xff"; }), "token: kid: is not UTF-8");
  EXPECT_EQ(reason_of([](TokenSettings& s) { s.claims["sub"] = "\xff"; }),
            "token: claims: a name or a value is not UTF-8");
  EXPECT_EQ(reason_of([](TokenSettings& s) { s.backdate = seconds(-1); }), "token: backdate: is negative");
  EXPECT_EQ(reason_of([](TokenSettings&) {}, WallTime(seconds(29))), "token: iat: the clock stands before 1970");
  for (const char* name : {"iat", "exp", "aud"}) {
    auto wanted = settings();
    wanted.claims[name] = "1";
    EXPECT_FALSE(compose(wanted, Algorithm::es256, now)) << name;
  }
}

TEST(RenewIn, IsTheMarginBeforeExpiryLessItsSpread) {
  const WallTime expires = now + minutes(60);
  EXPECT_EQ(renew_in(now, expires, minutes(10), 0.0), minutes(50));
  EXPECT_EQ(renew_in(now, expires, minutes(10), 0.5), minutes(50) - seconds(30));
  EXPECT_GE(renew_in(now, expires, minutes(10), 0.999999), minutes(49));
}

TEST(RenewIn, IsNeverNegativeAndNeverAfterExpiry) {
  EXPECT_EQ(renew_in(now, now + minutes(5), minutes(10), 0.5), Duration(0));
  EXPECT_EQ(renew_in(now, now - minutes(5), minutes(10), 0.5), Duration(0));
  EXPECT_EQ(renew_in(now, now + minutes(5), Duration(-1000), 0.5), minutes(5));
}

TEST(Inspect, TakesApartWhatWasJoined) {
  const auto composed = compose(settings(), Algorithm::es256, now);
  const Bytes signature(64, 0xfe);
  const std::string token = join(composed->signing_input, signature);
  const auto taken = inspect(token);
  ASSERT_TRUE(taken) << taken.error().line();
  EXPECT_EQ(taken->algorithm, "ES256");
  EXPECT_EQ(taken->type, "JWT");
  EXPECT_EQ(taken->kid, "");
  EXPECT_EQ(taken->audience, "my-project");
  EXPECT_EQ(taken->issued_at, composed->issued_at);
  EXPECT_EQ(taken->expires_at, composed->expires_at);
  EXPECT_EQ(taken->signing_input, composed->signing_input);
  EXPECT_EQ(taken->signature, signature);
}

struct Refusal {
  std::string token, line;
};

TEST(Inspect, RefusesWhatAStrictCloudRefuses) {
  const auto with_header = [](const std::string& header) { return token_of(header, good_claims); };
  const auto with_claims = [](const std::string& claims) { return token_of(good_header, claims); };
  const std::string good = token_of(good_header, good_claims);
  ASSERT_TRUE(inspect(good));
  const std::vector<Refusal> rows = {
      {"", "token: is not three parts separated by '.'"},
      {"a.b", "token: is not three parts separated by '.'"},
      {good + ".AA", "token: is not three parts separated by '.'"},
      {token_of(good_header, good_claims, ""), "token: signature: is empty"},
      {good + "AA=", "token: signature: is not base64url: character outside the alphabet"},
      {good + "AA\n", "token: signature: is not base64url: character outside the alphabet"},
      {"  " + good, "token: header: is not base64url: character outside the alphabet"},
      {std::string(65'537, 'A'), "token: is over 64 KiB"},
      {with_header("[]"), "token: header: is not a JSON object"},
      {with_header("{"), "token: header: is not a JSON object"},
      {with_header(R"({"alg":"ES256","typ":"JWT"} x)"), "token: header: is not a JSON object"},
      {with_header(R"({"alg":"none","alg":"ES256","typ":"JWT"})"), "token: header: has a key twice"},
      {with_header(R"({"typ":"JWT"})"), "token: alg: is missing"},
      {with_header(R"({"alg":"ES256"})"), "token: typ: is missing"},
      {with_header(R"({"alg":7,"typ":"JWT"})"), "token: alg: is not a string"},
      {with_header(R"({"alg":"ES256","typ":"JWT","kid":7})"), "token: kid: is not a string"},
      {with_claims(R"({"exp":2,"aud":"p"})"), "token: iat: is missing"},
      {with_claims(R"({"iat":1,"aud":"p"})"), "token: exp: is missing"},
      {with_claims(R"({"iat":1,"exp":2})"), "token: aud: is missing"},
      {with_claims(R"({"iat":1,"exp":2,"aud":["p"]})"), "token: aud: is not a string"},
      {with_claims(R"({"iat":1.0,"exp":2,"aud":"p"})"), "token: iat: is not an integer"},
      {with_claims(R"({"iat":1,"exp":"2","aud":"p"})"), "token: exp: is not an integer"},
      {with_claims(R"({"iat":-1,"exp":2,"aud":"p"})"), "token: iat: is not a time between 1970 and 2255"},
      {with_claims(R"({"iat":1,"exp":18446744073709551615,"aud":"p"})"),
       "token: exp: is not a time between 1970 and 2255"},
      {with_claims(R"({"iat":1,"exp":2,"aud":"p","x":{"y":1,"y":2}})"), "token: claims: has a key twice"},
      {with_claims(R"({"iat":1,"exp":2,"aud":"p","aud":"q"})"), "token: claims: has a key twice"},
      {with_claims("{\"iat\":1,\"exp\":2,\"aud\":\"\xff\"}"), "token: claims: is not a JSON object"},
  };
  for (const Refusal& row : rows) {
    const auto taken = inspect(row.token);
    ASSERT_FALSE(taken) << row.line;
    EXPECT_EQ(taken.error().line(), row.line);
    EXPECT_EQ(taken.error().code, Code::invalid);
  }
}

TEST(Inspect, AllowsTheSameKeyInDifferentObjects) {
  EXPECT_TRUE(inspect(token_of(good_header, R"({"iat":1,"exp":2,"aud":"p","x":{"aud":1},"y":[{"a":1},{"a":1}]})")));
}

TEST(Inspect, SurvivesDeepNesting) { EXPECT_FALSE(inspect(token_of(std::string(20'000, '['), good_claims))); }

}  // namespace
}  // namespace vouchgate::token
