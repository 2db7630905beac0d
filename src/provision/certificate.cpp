// A self-signed certificate around a signature that is made elsewhere: OpenSSL encodes, the Signer signs.
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "openssl.hpp"
#include "vouchgate/provision/export.hpp"

namespace vouchgate::provision {
namespace {

tl::unexpected<Error> broken(const char* what) { return fail(Code::internal, "openssl", what, "failed"); }

using PssParameters = std::unique_ptr<RSA_PSS_PARAMS, Freed<RSA_PSS_PARAMS, RSA_PSS_PARAMS_free>>;

// RSASSA-PSS-params of RFC 4055 section 3.1 for SHA-256, MGF1 with SHA-256 and a salt of 32 bytes.
ASN1_STRING* pss_parameters() {
  const PssParameters parameters(RSA_PSS_PARAMS_new());
  X509_ALGOR* mask_hash = X509_ALGOR_new();
  X509_ALGOR_set_md(mask_hash, EVP_sha256());
  ASN1_STRING* mask = ASN1_item_pack(mask_hash, ASN1_ITEM_rptr(X509_ALGOR), nullptr);
  X509_ALGOR_free(mask_hash);
  parameters->hashAlgorithm = X509_ALGOR_new();
  X509_ALGOR_set_md(parameters->hashAlgorithm, EVP_sha256());
  parameters->maskGenAlgorithm = X509_ALGOR_new();
  X509_ALGOR_set0(parameters->maskGenAlgorithm, OBJ_nid2obj(NID_mgf1), V_ASN1_SEQUENCE, mask);
  parameters->saltLength = ASN1_INTEGER_new();
  ASN1_INTEGER_set(parameters->saltLength, 32);
  return ASN1_item_pack(parameters.get(), ASN1_ITEM_rptr(RSA_PSS_PARAMS), nullptr);
}

// ECDSA has no parameters at all (RFC 5758 section 3.2), PKCS#1 v1.5 a NULL (RFC 4055 section 5).
void set_algorithm(X509_ALGOR* out, Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::es256: X509_ALGOR_set0(out, OBJ_nid2obj(NID_ecdsa_with_SHA256), V_ASN1_UNDEF, nullptr); break;
    case Algorithm::es384: X509_ALGOR_set0(out, OBJ_nid2obj(NID_ecdsa_with_SHA384), V_ASN1_UNDEF, nullptr); break;
    case Algorithm::rs256: X509_ALGOR_set0(out, OBJ_nid2obj(NID_sha256WithRSAEncryption), V_ASN1_NULL, nullptr); break;
    case Algorithm::ps256: X509_ALGOR_set0(out, OBJ_nid2obj(NID_rsassaPss), V_ASN1_SEQUENCE, pss_parameters()); break;
  }
}

bool add_extension(X509* certificate, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  const bool added = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

// 128 random bits, positive and not zero: RFC 5280 section 4.1.2.2.
bool set_serial(X509* certificate) {
  Bytes bytes(16);
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
  bytes[0] = static_cast<std::uint8_t>((bytes[0] & 0x7f) | 0x40);
  const Number serial(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  return serial && BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) != nullptr;
}

Result<Certificate> unsigned_certificate(const KeyInfo& key, const std::string& common_name, WallTime not_before,
                                         std::chrono::hours lifetime) {
  Certificate out(X509_new());
  const PublicKey public_key = key_of(key);
  if (!out || !public_key) return broken("X509_new");
  X509_NAME* name = X509_get_subject_name(out.get());
  if (X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(common_name.data()),
                                 static_cast<int>(common_name.size()), -1, 0) != 1)
    return fail(Code::invalid, "certificate", common_name, "is no common name", "1 to 64 characters");
  const auto start = std::chrono::system_clock::to_time_t(not_before);
  const auto end = std::chrono::system_clock::to_time_t(not_before + lifetime);
  constexpr long version_3 = 2;
  if (X509_set_version(out.get(), version_3) != 1 || !set_serial(out.get()) ||
      X509_set_issuer_name(out.get(), name) != 1 || X509_set_pubkey(out.get(), public_key.get()) != 1 ||
      ASN1_TIME_set(X509_getm_notBefore(out.get()), start) == nullptr ||
      ASN1_TIME_set(X509_getm_notAfter(out.get()), end) == nullptr ||
      !add_extension(out.get(), NID_basic_constraints, "critical,CA:FALSE") ||
      !add_extension(out.get(), NID_key_usage, "critical,digitalSignature") ||
      !add_extension(out.get(), NID_subject_key_identifier, "hash"))
    return broken("X509");
  return out;
}

}  // namespace

Result<std::string> x509_pem(Signer& signer, const std::string& common_name, WallTime not_before,
                             std::chrono::hours lifetime) {
  const Algorithm algorithm = signer.info().algorithm;
  auto certificate = unsigned_certificate(signer.info(), common_name, not_before, lifetime);
  if (!certificate) return fail(certificate.error());
  X509* x509 = certificate->get();
  // OpenSSL 3.0 has no setters for a signature made elsewhere; these are the places that its own signing fills.
  const ASN1_BIT_STRING* signature_place = nullptr;
  const X509_ALGOR* outer_algorithm = nullptr;
  X509_get0_signature(&signature_place, &outer_algorithm, x509);
  set_algorithm(const_cast<X509_ALGOR*>(X509_get0_tbs_sigalg(x509)), algorithm);
  set_algorithm(const_cast<X509_ALGOR*>(outer_algorithm), algorithm);

  unsigned char* encoded = nullptr;
  const int size = i2d_re_X509_tbs(x509, &encoded);
  if (size <= 0) return broken("i2d_re_X509_tbs");
  const Bytes to_be_signed(encoded, encoded + size);
  OPENSSL_free(encoded);
  auto signature = signer.sign(to_be_signed);
  if (!signature) return fail(signature.error());
  const Bytes wire = is_elliptic(algorithm) ? der_from_raw(*signature) : *signature;

  auto* place = const_cast<ASN1_BIT_STRING*>(signature_place);
  if (ASN1_BIT_STRING_set(place, const_cast<unsigned char*>(wire.data()), static_cast<int>(wire.size())) != 1)
    return broken("ASN1_BIT_STRING_set");
  place->flags &= ~(ASN1_STRING_FLAG_BITS_LEFT | 0x07L);
  place->flags |= ASN1_STRING_FLAG_BITS_LEFT;  // zero unused bits, else trailing zero bits would be cut off
  const Bio bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(bio.get(), x509) != 1) return broken("PEM_write_bio_X509");
  return text_of(bio.get());
}

}  // namespace vouchgate::provision
