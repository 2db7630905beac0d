// Public keys and signatures between their encodings.
#include "openssl.hpp"

#include <openssl/ecdsa.h>

namespace vouchgate::provision {

PublicKey key_of(const KeyInfo& key) {
  const unsigned char* at = key.public_key_der.data();
  return PublicKey(d2i_PUBKEY(nullptr, &at, static_cast<long>(key.public_key_der.size())));
}

bool fits(EVP_PKEY* key, Algorithm algorithm) {
  if (!is_elliptic(algorithm)) return EVP_PKEY_is_a(key, "RSA") == 1 && EVP_PKEY_get_bits(key) >= 2048;
  return EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_bits(key) == (algorithm == Algorithm::es384 ? 384 : 256);
}

Bytes der_from_raw(ByteView raw) {
  const EcSignature signature(ECDSA_SIG_new());
  const int half = static_cast<int>(raw.size() / 2);
  BIGNUM* r = BN_bin2bn(raw.data(), half, nullptr);
  BIGNUM* s = BN_bin2bn(raw.data() + half, half, nullptr);
  if (!signature || ECDSA_SIG_set0(signature.get(), r, s) != 1) return {};
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  Bytes out(der, der + (size > 0 ? size : 0));
  OPENSSL_free(der);
  return out;
}

std::string text_of(BIO* bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace vouchgate::provision
