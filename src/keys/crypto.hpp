// The little that keys need of OpenSSL: hash on the host, public keys as SPKI, signatures between DER and JWS form.
// Never holds a private key of a chip.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <span>

#include "vouchgate/contract/signer.hpp"

namespace vouchgate::keys {

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

constexpr bool is_elliptic(Algorithm a) { return a == Algorithm::es256 || a == Algorithm::es384; }
constexpr std::size_t field_bytes(Algorithm a) { return a == Algorithm::es384 ? 48 : 32; }

// Fills `bytes` from the host's generator for secrets. Error: internal.
Result<void> random_bytes(std::span<std::uint8_t> bytes);

Bytes sha256(ByteView data);
Bytes digest(Algorithm algorithm, ByteView data);  // SHA-256, ES384: SHA-384

// Big-endian number left-padded to `size`: TPMs may give short ones (TPM 2.0 Part 2, 11.2.5). Error: too long.
Result<Bytes> left_pad(ByteView number, std::size_t size);
// r || s of RFC 7518 section 3.4 from two numbers that may be short.
Result<Bytes> join_rs(Algorithm algorithm, ByteView r, ByteView s);

// Public keys as SubjectPublicKeyInfo.
Result<Bytes> spki_of_point(Algorithm algorithm, ByteView x, ByteView y);  // coordinates may be short
Result<Bytes> spki_of_modulus(ByteView modulus, std::uint32_t exponent);
Result<Bytes> spki_of(EVP_PKEY* key);

// Signs with a key in memory; for the file holder only.
Result<Bytes> sign_in_memory(EVP_PKEY* key, Algorithm algorithm, ByteView input);
// True if the JWS signature over input verifies. PS256: the salt must be as long as the hash (RFC 7518 section 3.5).
bool verifies(Algorithm algorithm, const Bytes& spki, ByteView input, ByteView signature);

}  // namespace vouchgate::keys
