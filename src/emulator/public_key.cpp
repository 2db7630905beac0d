// Reads PEM public keys and certificates with OpenSSL. Never keeps anything but the public half.
#include "public_key.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <memory>

namespace vouchgate::emulator {
namespace {

struct Format {
  std::string_view word;
  KeyType type;
  bool certificate;
};
constexpr std::array formats{Format{"RSA_PEM", KeyType::rsa, false},    Format{"RSA_X509_PEM", KeyType::rsa, true},
                             Format{"ES256_PEM", KeyType::p256, false}, Format{"ES256_X509_PEM", KeyType::p256, true},
                             Format{"ES384_PEM", KeyType::p384, false}, Format{"ES384_X509_PEM", KeyType::p384, true}};

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Key load(const Format& format, const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  if (!format.certificate) return {PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr), EVP_PKEY_free};
  const Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), X509_free);
  return {certificate ? X509_get_pubkey(certificate.get()) : nullptr, EVP_PKEY_free};
}

std::string curve_of(EVP_PKEY* key) {
  std::array<char, 64> name{};
  std::size_t size = 0;
  if (EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) != 1) return "an unnamed curve";
  return {name.data(), size};
}

// What is wrong with the key for its format, or empty.
std::string complaint(KeyType type, EVP_PKEY* key) {
  const int kind = EVP_PKEY_get_base_id(key);
  if (type == KeyType::rsa) {
    if (kind != EVP_PKEY_RSA) return "is not an RSA key";
    const int bits = EVP_PKEY_get_bits(key);
    return bits >= 2048 ? "" : "has " + std::to_string(bits) + " bits; at least 2048 are required";
  }
  const std::string wanted = type == KeyType::p256 ? "prime256v1" : "secp384r1";
  if (kind != EVP_PKEY_EC) return "is not an elliptic curve key";
  const std::string curve = curve_of(key);
  return curve == wanted ? "" : "is on " + curve + ", not on " + wanted;
}

}  // namespace

Result<PublicKey> read_public_key(std::string_view format, const std::string& pem) {
  const auto refuse = [&](std::string reason, std::string hint = {}) {
    return fail(Code::invalid, "key", std::string(format), std::move(reason), std::move(hint));
  };
  for (const Format& row : formats) {
    if (row.word != format) continue;
    const Key key = load(row, pem);
    if (!key)
      return refuse(row.certificate ? "is not a PEM certificate" : "is not a PEM public key",
                    "print it with 'vouchgate key export --format pem'");
    if (std::string reason = complaint(row.type, key.get()); !reason.empty()) return refuse(std::move(reason));
    const Bio out(BIO_new(BIO_s_mem()), BIO_free);
    if (PEM_write_bio_PUBKEY(out.get(), key.get()) != 1) return refuse("cannot be written as PEM");
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    return PublicKey{row.type, std::string(data, static_cast<std::size_t>(size))};
  }
  return refuse("is not a known key format",
                "use ES256_PEM, RSA_PEM, ES256_X509_PEM, RSA_X509_PEM, ES384_PEM or ES384_X509_PEM");
}

const char* algorithm_of(KeyType type) {
  switch (type) {
    case KeyType::rsa: return "RS256";
    case KeyType::p256: return "ES256";
    case KeyType::p384: return "ES384";
  }
  return "";
}

}  // namespace vouchgate::emulator
