// Owners for the OpenSSL objects that public keys and certificates are made of. Never holds a private key.
#pragma once

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "vouchgate/base/bytes.hpp"
#include "vouchgate/contract/signer.hpp"

namespace vouchgate::provision {

template <class T, void (*Free)(T*)>
struct Freed {
  void operator()(T* p) const { Free(p); }
};
using PublicKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BIGNUM, BN_free>>;
using EcSignature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG, ECDSA_SIG_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO, BIO_free_all>>;

constexpr bool is_elliptic(Algorithm a) { return a == Algorithm::es256 || a == Algorithm::es384; }
constexpr std::size_t field_bytes(Algorithm a) { return a == Algorithm::es384 ? 48 : 32; }

PublicKey key_of(const KeyInfo& key);  // null if its SPKI does not parse
bool fits(EVP_PKEY* key, Algorithm algorithm);

// r || s of a JWS as the ECDSA-Sig-Value that X.509 and OpenSSL want (RFC 3279 section 2.2.3). Empty on failure.
Bytes der_from_raw(ByteView raw);

std::string text_of(BIO* bio);

}  // namespace vouchgate::provision
