// PEM, JWK and verification. Never needs the holder of the key.
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "openssl.hpp"
#include "vouchgate/provision/export.hpp"

namespace vouchgate::provision {
namespace {

tl::unexpected<Error> damaged() { return fail(Code::corrupt, "key", "", "its public key does not parse"); }

Bytes sha256(ByteView data) {
  Bytes out(32);
  EVP_Digest(data.data(), data.size(), out.data(), nullptr, EVP_sha256(), nullptr);
  return out;
}

// A number of the key, big-endian; `size` 0 = as short as it goes (RFC 7518 section 2, Base64urlUInt).
std::string number(EVP_PKEY* key, const char* name, std::size_t size) {
  BIGNUM* value = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &value) != 1) return {};
  const Number owner(value);
  Bytes bytes(size != 0 ? size : static_cast<std::size_t>(BN_num_bytes(value)));
  if (BN_bn2binpad(value, bytes.data(), static_cast<int>(bytes.size())) < 0) return {};
  return base64url(bytes);
}

// The members that a thumbprint covers, in the order it wants them: RFC 7638 sections 3.2 and 3.3.
std::string required_members(EVP_PKEY* key, Algorithm algorithm) {
  if (!is_elliptic(algorithm))
    return R"("e":")" + number(key, OSSL_PKEY_PARAM_RSA_E, 0) + R"(","kty":"RSA","n":")" +
           number(key, OSSL_PKEY_PARAM_RSA_N, 0) + '"';
  const std::size_t size = field_bytes(algorithm);
  return std::string(R"("crv":")") + (algorithm == Algorithm::es384 ? "P-384" : "P-256") + R"(","kty":"EC","x":")" +
         number(key, OSSL_PKEY_PARAM_EC_PUB_X, size) + R"(","y":")" + number(key, OSSL_PKEY_PARAM_EC_PUB_Y, size) + '"';
}

// What a PEM text holds: a public key, or the one of a certificate.
PublicKey read_public_key(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (PublicKey key{PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr)}) return key;
  const Bio again(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const Certificate certificate(PEM_read_bio_X509(again.get(), nullptr, nullptr, nullptr));
  return PublicKey(certificate ? X509_get_pubkey(certificate.get()) : nullptr);
}

bool set_padding(EVP_PKEY_CTX* context, Algorithm algorithm) {
  if (algorithm == Algorithm::rs256) return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) > 0;
  if (algorithm == Algorithm::ps256)  // the salt is as long as the hash: RFC 7518 section 3.5
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) > 0;
  return true;
}

}  // namespace

std::string pem(const KeyInfo& key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio(bio.get(), PEM_STRING_PUBLIC, "", key.public_key_der.data(),
                static_cast<long>(key.public_key_der.size()));
  return text_of(bio.get());
}

Result<std::string> jwk(const KeyInfo& key) {
  const PublicKey parsed = key_of(key);
  if (!parsed || !fits(parsed.get(), key.algorithm)) return damaged();
  const std::string members = required_members(parsed.get(), key.algorithm);
  const std::string thumbprint = base64url(sha256(view("{" + members + "}")));
  return "{" + members + R"(,"alg":")" + std::string(word(key.algorithm)) + R"(","use":"sig","kid":")" + thumbprint +
         "\"}\n";
}

Result<bool> verify(const KeyInfo& key, ByteView input, ByteView signature) {
  const PublicKey parsed = key_of(key);
  if (!parsed || !fits(parsed.get(), key.algorithm)) return damaged();
  if (is_elliptic(key.algorithm) && signature.size() != 2 * field_bytes(key.algorithm)) return false;
  const Bytes wire = is_elliptic(key.algorithm) ? der_from_raw(signature) : Bytes(signature.begin(), signature.end());
  const std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX, EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* inner = nullptr;
  const EVP_MD* hash = key.algorithm == Algorithm::es384 ? EVP_sha384() : EVP_sha256();
  if (EVP_DigestVerifyInit(context.get(), &inner, hash, nullptr, parsed.get()) <= 0 ||
      !set_padding(inner, key.algorithm))
    return fail(Code::internal, "openssl", "EVP_DigestVerifyInit", "failed");
  return EVP_DigestVerify(context.get(), wire.data(), wire.size(), input.data(), input.size()) == 1;
}

Result<KeyInfo> from_pem(const std::string& pem, Algorithm algorithm) {
  const PublicKey key = read_public_key(pem);
  if (!key) return fail(Code::corrupt, "public key", "", "is neither a PEM public key nor a PEM certificate");
  if (!fits(key.get(), algorithm))
    return fail(Code::mismatch, "public key", "", "is not a key for " + std::string(word(algorithm)));
  KeyInfo info;
  info.algorithm = algorithm;
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key.get(), &der);
  info.public_key_der.assign(der, der + (size > 0 ? size : 0));
  OPENSSL_free(der);
  info.name = hex(sha256(info.public_key_der));
  return info;
}

}  // namespace vouchgate::provision
