// OpenSSL calls, each failure an Error. Never logs.
#include "crypto.hpp"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

namespace vouchgate::keys {
namespace {

tl::unexpected<Error> broken(const char* what) { return fail(Code::internal, "openssl", what, "failed"); }

const EVP_MD* hash_of(Algorithm algorithm) { return algorithm == Algorithm::es384 ? EVP_sha384() : EVP_sha256(); }

Bytes hash(const EVP_MD* type, ByteView data) {
  Bytes out(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  EVP_Digest(data.data(), data.size(), out.data(), &size, type, nullptr);
  out.resize(size);
  return out;
}

template <class T, void (*Free)(T*)>
struct Freed {
  void operator()(T* p) const { Free(p); }
};
using Context = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX, EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BIGNUM, BN_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG, ECDSA_SIG_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM, OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX, EVP_PKEY_CTX_free>>;

Key public_key(const char* type, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) <= 0 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) <= 0)
    return nullptr;
  return Key(key);
}

bool set_padding(EVP_PKEY_CTX* context, Algorithm algorithm) {
  if (algorithm == Algorithm::rs256) return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) > 0;
  if (algorithm == Algorithm::ps256)
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) > 0;
  return true;
}

Result<Bytes> raw_from_der(Algorithm algorithm, const Bytes& der) {
  const unsigned char* at = der.data();
  const Signature signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (!signature) return broken("d2i_ECDSA_SIG");
  const std::size_t size = field_bytes(algorithm);
  Bytes out(2 * size);
  if (BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out.data(), static_cast<int>(size)) < 0 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out.data() + size, static_cast<int>(size)) < 0)
    return broken("BN_bn2binpad");
  return out;
}

Bytes der_from_raw(ByteView raw) {
  const Signature signature(ECDSA_SIG_new());
  const int half = static_cast<int>(raw.size() / 2);
  ECDSA_SIG_set0(signature.get(), BN_bin2bn(raw.data(), half, nullptr), BN_bin2bn(raw.data() + half, half, nullptr));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  Bytes out(der, der + (size > 0 ? size : 0));
  OPENSSL_free(der);
  return out;
}

}  // namespace

Result<void> random_bytes(std::span<std::uint8_t> bytes) {
  if (RAND_priv_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return broken("RAND_priv_bytes");
  return {};
}

Bytes sha256(ByteView data) { return hash(EVP_sha256(), data); }
Bytes digest(Algorithm algorithm, ByteView data) { return hash(hash_of(algorithm), data); }

Result<Bytes> left_pad(ByteView number, std::size_t size) {
  while (number.size() > size && number.front() == 0) number = number.subspan(1);
  if (number.size() > size)
    return fail(Code::corrupt, "signature", "",
                std::to_string(number.size()) + " bytes where " + std::to_string(size) + " fit");
  Bytes out(size - number.size(), 0);
  out.insert(out.end(), number.begin(), number.end());
  return out;
}

Result<Bytes> join_rs(Algorithm algorithm, ByteView r, ByteView s) {
  auto out = left_pad(r, field_bytes(algorithm));
  if (!out) return fail(out.error());
  const auto tail = left_pad(s, field_bytes(algorithm));
  if (!tail) return fail(tail.error());
  out->insert(out->end(), tail->begin(), tail->end());
  return out;
}

Result<Bytes> spki_of(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  if (size <= 0) return broken("i2d_PUBKEY");
  Bytes out(der, der + size);
  OPENSSL_free(der);
  return out;
}

Result<Bytes> spki_of_point(Algorithm algorithm, ByteView x, ByteView y) {
  const auto coordinates = join_rs(algorithm, x, y);
  if (!coordinates) return fail(coordinates.error());
  Bytes point{4};  // uncompressed, SEC 1 section 2.3.3
  point.insert(point.end(), coordinates->begin(), coordinates->end());
  const Builder builder(OSSL_PARAM_BLD_new());
  const char* group = algorithm == Algorithm::es384 ? "P-384" : "P-256";
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  const Key key = public_key("EC", builder.get());
  if (!key) return fail(Code::corrupt, "key", "", "its public point is not on the curve");
  return spki_of(key.get());
}

Result<Bytes> spki_of_modulus(ByteView modulus, std::uint32_t exponent) {
  const Number n(BN_bin2bn(modulus.data(), static_cast<int>(modulus.size()), nullptr));
  const Number e(BN_new());
  BN_set_word(e.get(), exponent);
  const Builder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  const Key key = public_key("RSA", builder.get());
  if (!key) return broken("EVP_PKEY_fromdata");
  return spki_of(key.get());
}

Result<Bytes> sign_in_memory(EVP_PKEY* key, Algorithm algorithm, ByteView input) {
  const Context context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* inner = nullptr;
  std::size_t size = 0;
  if (EVP_DigestSignInit(context.get(), &inner, hash_of(algorithm), nullptr, key) <= 0 ||
      !set_padding(inner, algorithm) || EVP_DigestSign(context.get(), nullptr, &size, input.data(), input.size()) <= 0)
    return broken("EVP_DigestSign");
  Bytes out(size);
  if (EVP_DigestSign(context.get(), out.data(), &size, input.data(), input.size()) <= 0)
    return broken("EVP_DigestSign");
  out.resize(size);
  return is_elliptic(algorithm) ? raw_from_der(algorithm, out) : Result<Bytes>(std::move(out));
}

bool verifies(Algorithm algorithm, const Bytes& spki, ByteView input, ByteView signature) {
  if (is_elliptic(algorithm) && signature.size() != 2 * field_bytes(algorithm)) return false;
  const unsigned char* at = spki.data();
  const Key key(d2i_PUBKEY(nullptr, &at, static_cast<long>(spki.size())));
  const Context context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* inner = nullptr;
  if (!key || EVP_DigestVerifyInit(context.get(), &inner, hash_of(algorithm), nullptr, key.get()) <= 0 ||
      !set_padding(inner, algorithm))
    return false;
  const Bytes wire = is_elliptic(algorithm) ? der_from_raw(signature) : Bytes(signature.begin(), signature.end());
  return EVP_DigestVerify(context.get(), wire.data(), wire.size(), input.data(), input.size()) == 1;
}

}  // namespace vouchgate::keys
