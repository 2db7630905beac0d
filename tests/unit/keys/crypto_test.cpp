// What a software TPM never shows: numbers that are shorter than their field.
#include "keys/crypto.hpp"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>

namespace vouchgate::keys {
namespace {

TEST(Crypto, short_numbers_are_padded_on_the_left) {
  EXPECT_EQ(*left_pad(Bytes{1, 2}, 4), (Bytes{0, 0, 1, 2}));
  EXPECT_EQ(*left_pad(Bytes{}, 2), (Bytes{0, 0}));
  EXPECT_EQ(*left_pad(Bytes{0, 0, 7, 8}, 2), (Bytes{7, 8}));
  EXPECT_EQ(left_pad(Bytes{1, 2, 3}, 2).error().code, Code::corrupt);
}

TEST(Crypto, r_and_s_take_half_each_however_short_they_are) {
  for (const Algorithm algorithm : {Algorithm::es256, Algorithm::es384}) {
    const std::size_t size = field_bytes(algorithm);
    const auto joined = join_rs(algorithm, Bytes{0xaa}, Bytes(size - 1, 0xbb));
    ASSERT_TRUE(joined);
    ASSERT_EQ(joined->size(), 2 * size);
    EXPECT_EQ((*joined)[size - 2], 0);
    EXPECT_EQ((*joined)[size - 1], 0xaa);
    EXPECT_EQ((*joined)[size], 0);
    EXPECT_EQ((*joined)[size + 1], 0xbb);
  }
  EXPECT_FALSE(join_rs(Algorithm::es256, Bytes(33, 1), Bytes(32, 1)));
  EXPECT_FALSE(join_rs(Algorithm::es256, Bytes(32, 1), Bytes(33, 1)));
}

TEST(Crypto, a_thousand_signatures_have_one_size_and_verify) {
  const Key key(EVP_EC_gen("P-256"));  // about eight of them have a short r or s
  const Bytes spki = *spki_of(key.get());
  for (int i = 0; i < 1000; ++i) {
    const std::string input = std::to_string(i);
    const auto signature = sign_in_memory(key.get(), Algorithm::es256, view(input));
    ASSERT_TRUE(signature);
    ASSERT_EQ(signature->size(), 64u);
    ASSERT_TRUE(verifies(Algorithm::es256, spki, view(input), *signature));
  }
}

TEST(Crypto, a_pss_signature_with_another_salt_does_not_verify) {
  const Key key(EVP_RSA_gen(2048));
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_PKEY_CTX* inner = nullptr;
  Bytes signature(256);
  std::size_t size = signature.size();
  ASSERT_EQ(EVP_DigestSignInit(context, &inner, EVP_sha256(), nullptr, key.get()), 1);
  ASSERT_GT(EVP_PKEY_CTX_ctrl_str(inner, "rsa_padding_mode", "pss"), 0);
  ASSERT_GT(EVP_PKEY_CTX_ctrl_str(inner, "rsa_pss_saltlen", "max"), 0);  // what older TPMs do
  ASSERT_EQ(EVP_DigestSign(context, signature.data(), &size, view("input").data(), 5), 1);
  EVP_MD_CTX_free(context);
  EXPECT_FALSE(verifies(Algorithm::ps256, *spki_of(key.get()), view("input"), signature));
}

}  // namespace
}  // namespace vouchgate::keys
