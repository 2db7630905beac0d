// P-256 by OpenSSL. Never prints what went wrong: the caller answers with the chip's ECC fault.
#include "p256.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <memory>

namespace vouchgate::emulator::atecc608 {
namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* held) const {
    Free(held);
  }
};
using Number = std::unique_ptr<BIGNUM, Deleter<BN_clear_free>>;
using Group = std::unique_ptr<EC_GROUP, Deleter<EC_GROUP_free>>;
using CurvePoint = std::unique_ptr<EC_POINT, Deleter<EC_POINT_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Deleter<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Deleter<OSSL_PARAM_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Context = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Deleter<ECDSA_SIG_free>>;

constexpr std::size_t half = 32;  // bytes of a coordinate

Number number(ByteView bytes) { return Number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr)); }
Group curve() { return Group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1)); }

// SEC 1 section 2.3.3: 04 X Y
std::array<std::uint8_t, 65> uncompressed(ByteView point) {
  std::array<std::uint8_t, 65> out{4};
  std::copy(point.begin(), point.end(), out.begin() + 1);
  return out;
}

Key key_of(ByteView point, const BIGNUM* secret) {
  const auto encoded = uncompressed(point);
  const Builder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, encoded.data(), encoded.size());
  if (secret != nullptr) OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, secret);
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const Context context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* made = nullptr;
  const int selection = secret != nullptr ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, selection, parameters.get()) != 1)
    return nullptr;
  return Key(made);
}

std::optional<Point> halves(ByteView der) {
  const unsigned char* at = der.data();
  const Signature parsed(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  Point out{};
  if (!parsed || BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), out.data(), half) != half ||
      BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), out.data() + half, half) != half)
    return std::nullopt;
  return out;
}

}  // namespace

std::optional<Scalar> make_scalar() {
  const Group group = curve();
  const Number secret(BN_secure_new());
  Scalar out{};
  do {
    if (BN_priv_rand_range(secret.get(), EC_GROUP_get0_order(group.get())) != 1) return std::nullopt;
  } while (BN_is_zero(secret.get()));
  BN_bn2binpad(secret.get(), out.data(), half);
  return out;
}

std::optional<Point> public_point(const Scalar& key) {
  const Group group = curve();
  const Number secret = number(key);
  if (BN_is_zero(secret.get()) || BN_cmp(secret.get(), EC_GROUP_get0_order(group.get())) >= 0) return std::nullopt;
  const CurvePoint point(EC_POINT_new(group.get()));
  std::array<std::uint8_t, 65> encoded{};
  if (EC_POINT_mul(group.get(), point.get(), secret.get(), nullptr, nullptr, nullptr) != 1 ||
      EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, encoded.data(), encoded.size(),
                         nullptr) != encoded.size())
    return std::nullopt;
  Point out{};
  std::copy(encoded.begin() + 1, encoded.end(), out.begin());
  return out;
}

std::optional<Point> sign(const Scalar& key, ByteView digest) {
  const auto point = public_point(key);
  if (!point) return std::nullopt;
  const Number secret = number(key);
  const Key pair = key_of(*point, secret.get());
  const Context context(pair ? EVP_PKEY_CTX_new(pair.get(), nullptr) : nullptr);
  std::array<std::uint8_t, 80> der{};  // at most 72: RFC 3279 section 2.2.3
  std::size_t size = der.size();
  if (!context || EVP_PKEY_sign_init(context.get()) != 1 ||
      EVP_PKEY_sign(context.get(), der.data(), &size, digest.data(), digest.size()) != 1)
    return std::nullopt;
  return halves(ByteView(der).first(size));
}

std::optional<bool> verify(ByteView point, ByteView digest, ByteView signature) {
  const Key key = key_of(point, nullptr);
  const Context context(key ? EVP_PKEY_CTX_new(key.get(), nullptr) : nullptr);
  if (!context || EVP_PKEY_verify_init(context.get()) != 1) return std::nullopt;
  const Signature parsed(ECDSA_SIG_new());
  ECDSA_SIG_set0(parsed.get(), number(signature.first(half)).release(), number(signature.subspan(half)).release());
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(parsed.get(), &der);
  const bool good = size > 0 && EVP_PKEY_verify(context.get(), der, static_cast<std::size_t>(size), digest.data(),
                                                digest.size()) == 1;
  OPENSSL_free(der);
  return good;
}

std::array<std::uint8_t, 32> sha256(ByteView bytes) {
  std::array<std::uint8_t, 32> out{};
  SHA256(bytes.data(), bytes.size(), out.data());
  return out;
}

bool random_bytes(std::span<std::uint8_t> out) { return RAND_bytes(out.data(), static_cast<int>(out.size())) == 1; }

}  // namespace vouchgate::emulator::atecc608
