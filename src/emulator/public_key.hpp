// A device's public key as the registry stores it, brought to one form. Never sees a private key.
#pragma once

#include <string>
#include <string_view>

#include "vouchgate/base/result.hpp"

namespace vouchgate::emulator {

enum class KeyType { rsa, p256, p384 };

struct PublicKey {
  KeyType type = KeyType::p256;
  std::string pem;  // SubjectPublicKeyInfo, PEM
};

// format: RSA_PEM, RSA_X509_PEM, ES256_PEM, ES256_X509_PEM as the cloud names them (device credentials of the IoT Core
// admin API), and ES384_PEM, ES384_X509_PEM, which only the bench cloud knows. RSA keys below 2048 bits are refused.
Result<PublicKey> read_public_key(std::string_view format, const std::string& pem);

// The one JWS algorithm (RFC 7518 section 3.1) a key of this type may sign with.
const char* algorithm_of(KeyType type);

}  // namespace vouchgate::emulator
