// Against the examples of the RFCs, whose keys and signatures are not ours.
#include <gtest/gtest.h>

#include "keys/crypto.hpp"
#include "vouchgate/provision/export.hpp"

namespace vouchgate::provision {
namespace {

// RFC 7515 appendix A.3.
KeyInfo elliptic_example() {
  KeyInfo key;
  key.algorithm = Algorithm::es256;
  key.public_key_der =
      *keys::spki_of_point(Algorithm::es256, *from_base64url("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
                           *from_base64url("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"));
  return key;
}
constexpr std::string_view elliptic_input =
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
    "fQ";
constexpr std::string_view elliptic_signature =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

// RFC 7638 section 3.1.
KeyInfo rsa_example() {
  KeyInfo key;
  key.algorithm = Algorithm::rs256;
  const auto modulus = from_base64url(
      "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"
      "BJECPebWKRXjBZCiFV4n3oknjhMst"
      "n64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_"
      "FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn"
      "1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw");
  key.public_key_der = *keys::spki_of_modulus(*modulus, 65537);
  return key;
}

TEST(PublicKey, verifies_the_rfcs_signature_and_nothing_near_it) {
  const KeyInfo key = elliptic_example();
  Bytes signature = *from_base64url(elliptic_signature);
  EXPECT_TRUE(*verify(key, view(elliptic_input), signature));
  EXPECT_FALSE(*verify(key, view(std::string(elliptic_input) + "x"), signature));
  signature[40] ^= 1;
  EXPECT_FALSE(*verify(key, view(elliptic_input), signature));
  signature.pop_back();
  EXPECT_FALSE(*verify(key, view(elliptic_input), signature)) << "another size";
  EXPECT_FALSE(*verify(key, view(elliptic_input), Bytes{})) << "none at all";
}

TEST(PublicKey, one_signature_has_one_length) {
  const Bytes signature = *from_base64url(elliptic_signature);
  Bytes padded(1, 0);  // the same two numbers, each with a zero in front
  padded.insert(padded.end(), signature.begin(), signature.begin() + 32);
  padded.push_back(0);
  padded.insert(padded.end(), signature.begin() + 32, signature.end());
  EXPECT_FALSE(*verify(elliptic_example(), view(elliptic_input), padded));
}

TEST(PublicKey, a_jwk_carries_the_rfcs_thumbprint) {
  const auto rsa = jwk(rsa_example());
  ASSERT_TRUE(rsa);
  EXPECT_NE(rsa->find(R"("kid":"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")"), std::string::npos) << *rsa;
  EXPECT_NE(rsa->find(R"("e":"AQAB","kty":"RSA")"), std::string::npos) << *rsa;
  const auto elliptic = jwk(elliptic_example());
  ASSERT_TRUE(elliptic);
  EXPECT_EQ(elliptic->find(R"({"crv":"P-256","kty":"EC","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":")"), 0u)
      << *elliptic;
}

TEST(PublicKey, survives_pem) {
  const KeyInfo key = elliptic_example();
  const auto back = from_pem(pem(key), Algorithm::es256);
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(back->public_key_der, key.public_key_der);
  EXPECT_EQ(from_pem(pem(key), Algorithm::rs256).error().code, Code::mismatch);
  EXPECT_EQ(from_pem(pem(key), Algorithm::es384).error().code, Code::mismatch);
  EXPECT_EQ(from_pem("nonsense", Algorithm::es256).error().code, Code::corrupt);
}

TEST(PublicKey, a_damaged_one_is_an_error) {
  KeyInfo key = elliptic_example();
  key.public_key_der.resize(20);
  EXPECT_EQ(jwk(key).error().code, Code::corrupt);
  EXPECT_EQ(verify(key, view("x"), Bytes(64)).error().code, Code::corrupt);
  key = elliptic_example();
  key.algorithm = Algorithm::rs256;
  EXPECT_EQ(verify(key, view("x"), Bytes(64)).error().code, Code::corrupt);
}

}  // namespace
}  // namespace vouchgate::provision
