// A private key that can be used and never read. Implementations: tpm, atecc608, file; tests/contract has one suite.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "vouchgate/base/bytes.hpp"
#include "vouchgate/base/result.hpp"

namespace vouchgate {

// JOSE algorithms, RFC 7518 section 3.1.
enum class Algorithm { es256, es384, rs256, ps256 };
constexpr std::string_view word(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::es256: return "ES256";
    case Algorithm::es384: return "ES384";
    case Algorithm::rs256: return "RS256";
    case Algorithm::ps256: return "PS256";
  }
  return "";
}
constexpr std::optional<Algorithm> algorithm_from_word(std::string_view text) {
  for (const Algorithm a : {Algorithm::es256, Algorithm::es384, Algorithm::rs256, Algorithm::ps256})
    if (text == word(a)) return a;
  return std::nullopt;
}

// What is known of a key without using it.
struct KeyInfo {
  Algorithm algorithm = Algorithm::es256;
  std::string holder;    // "tpm", "atecc608", "file"
  std::string where;     // "0x81000100", "/dev/i2c-1 0x60 slot 0", a path
  std::string name;      // tpm: hex of the TPM Name (nameAlg || digest); else hex SHA-256 of the SPKI
  std::string hardware;  // "SW TPM swtpm", "ATECC608B 0123...ee"; may be empty
  Bytes public_key_der;  // SubjectPublicKeyInfo, RFC 5280 section 4.1
};

// One thread owns a Signer for its whole life. All calls block (20 to 700 ms on hardware).
class Signer {
 public:
  virtual ~Signer() = default;
  virtual const KeyInfo& info() const = 0;
  // Signs SHA-256 (ES384: SHA-384) of `input`, hashed on the host. Returns the JWS signature of RFC 7518 section 3:
  // r || s, each padded to the curve's size (ES256 64 bytes, ES384 96), or the RSA signature (PS256: salt 32 bytes).
  // Errors: unavailable, busy, timeout (retry later), denied (auth value), mismatch (foreign key), unsupported.
  virtual Result<Bytes> sign(ByteView input) = 0;
};

// A Signer on a thread of its own, for the loop. `done` runs on the loop thread, in the order of the calls.
class SigningService {
 public:
  using Done = std::function<void(Result<Bytes>)>;
  virtual ~SigningService() = default;
  virtual void sign(std::string input, Done done) = 0;
  // The key, once the first sign() or opening has succeeded; nullopt before.
  virtual std::optional<KeyInfo> info() const = 0;
};

}  // namespace vouchgate
