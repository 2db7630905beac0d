// A public key in the forms that registries take. Needs no private key but a Signer for the certificate's signature.
#pragma once

#include <chrono>
#include <string>

#include "vouchgate/base/result.hpp"
#include "vouchgate/contract/clock.hpp"
#include "vouchgate/contract/signer.hpp"

namespace vouchgate::provision {

std::string pem(const KeyInfo& key);          // SubjectPublicKeyInfo, RFC 7468
Result<std::string> jwk(const KeyInfo& key);  // RFC 7517, with kid = RFC 7638 thumbprint
// Self-signed X.509v3 (RFC 5280): CN = common_name, the key's own algorithm, random 128-bit serial.
Result<std::string> x509_pem(Signer& signer, const std::string& common_name, WallTime not_before,
                             std::chrono::hours lifetime);
// True if `signature` (JWS form) over `input` verifies under the key. For `token inspect` and `key test`.
Result<bool> verify(const KeyInfo& key, ByteView input, ByteView signature);
Result<KeyInfo> from_pem(const std::string& pem, Algorithm algorithm);  // a public key from a file

}  // namespace vouchgate::provision
