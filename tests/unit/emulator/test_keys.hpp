// Keys and tokens for the emulator's tests, made with OpenSSL alone. Never shared with the code under test.
#pragma once

#include <openssl/bio.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>
#include <string>

#include "vouchgate/base/bytes.hpp"

namespace vouchgate::emulator::testing {

class TestKey {
 public:
  static TestKey rsa(unsigned bits = 2048) { return TestKey(EVP_RSA_gen(bits), 0); }
  static TestKey p256() { return TestKey(EVP_EC_gen("P-256"), 32); }
  static TestKey p384() { return TestKey(EVP_EC_gen("P-384"), 48); }

  std::string pem() const {
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_PUBKEY(out.get(), key_.get());
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    return {data, static_cast<std::size_t>(size)};
  }

  std::string token(const std::string& header, const std::string& claims) const {
    const std::string input = base64url(view(header)) + "." + base64url(view(claims));
    return input + "." + base64url(sign(input));
  }

 private:
  TestKey(EVP_PKEY* key, int half) : key_(key, EVP_PKEY_free), half_(half) {}

  Bytes sign(const std::string& input) const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_DigestSignInit(context.get(), nullptr, half_ == 48 ? EVP_sha384() : EVP_sha256(), nullptr, key_.get());
    std::size_t size = 0;
    const auto bytes = view(input);
    EVP_DigestSign(context.get(), nullptr, &size, bytes.data(), bytes.size());
    Bytes signature(size);
    EVP_DigestSign(context.get(), signature.data(), &size, bytes.data(), bytes.size());
    signature.resize(size);
    if (half_ == 0) return signature;
    const unsigned char* at = signature.data();  // JWS wants r and s side by side (RFC 7518 section 3.4)
    const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> parts(
        d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)), ECDSA_SIG_free);
    Bytes raw(static_cast<std::size_t>(2 * half_));
    BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), raw.data(), half_);
    BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), raw.data() + half_, half_);
    return raw;
  }

  std::shared_ptr<EVP_PKEY> key_;
  int half_;  // bytes of r and of s; 0 = RSA
};

constexpr const char* es256_header = R"({"alg":"ES256","typ":"JWT"})";

inline std::string claims(long issued, long expires, const std::string& audience = "\"bench\"") {
  return R"({"aud":)" + audience + R"(,"iat":)" + std::to_string(issued) + R"(,"exp":)" + std::to_string(expires) + "}";
}

}  // namespace vouchgate::emulator::testing
