// The two templates.
#include "templates.hpp"

#include "../crypto.hpp"

namespace vouchgate::keys::tpm {
namespace {

constexpr TPMA_OBJECT born_here =
    TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH;
// noDA: an unclean stop counts as a failed try while a key without it is in use; a few power cuts would lock the TPM.
constexpr TPMA_OBJECT signing_attributes = born_here | TPMA_OBJECT_NODA | TPMA_OBJECT_SIGN_ENCRYPT;
constexpr TPMA_OBJECT parent_attributes = born_here | TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT;
constexpr TPMA_OBJECT parent_must = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_RESTRICTED |
                                    TPMA_OBJECT_DECRYPT | TPMA_OBJECT_USERWITHAUTH;

ByteView view_of(const TPM2B_ECC_PARAMETER& number) { return {number.buffer, number.size}; }

}  // namespace

TPM2B_PUBLIC storage_root_template() {
  TPM2B_PUBLIC out{};
  TPMT_PUBLIC& area = out.publicArea;
  area.type = TPM2_ALG_ECC;
  area.nameAlg = TPM2_ALG_SHA256;
  area.objectAttributes = parent_attributes;
  auto& ecc = area.parameters.eccDetail;
  ecc.symmetric.algorithm = TPM2_ALG_AES;
  ecc.symmetric.keyBits.aes = 128;
  ecc.symmetric.mode.aes = TPM2_ALG_CFB;
  ecc.scheme.scheme = TPM2_ALG_NULL;
  ecc.curveID = TPM2_ECC_NIST_P256;
  ecc.kdf.scheme = TPM2_ALG_NULL;
  // Zero-filled, not empty: `unique` is part of the template and empty points give another key.
  area.unique.ecc.x.size = 32;
  area.unique.ecc.y.size = 32;
  return out;
}

TPM2B_PUBLIC signing_template(Algorithm algorithm) {
  TPM2B_PUBLIC out{};
  TPMT_PUBLIC& area = out.publicArea;
  area.nameAlg = TPM2_ALG_SHA256;
  area.objectAttributes = signing_attributes;
  if (is_elliptic(algorithm)) {
    const bool large = algorithm == Algorithm::es384;
    area.type = TPM2_ALG_ECC;
    auto& ecc = area.parameters.eccDetail;
    ecc.symmetric.algorithm = TPM2_ALG_NULL;
    ecc.scheme.scheme = TPM2_ALG_ECDSA;
    ecc.scheme.details.ecdsa.hashAlg = large ? TPM2_ALG_SHA384 : TPM2_ALG_SHA256;
    ecc.curveID = large ? TPM2_ECC_NIST_P384 : TPM2_ECC_NIST_P256;
    ecc.kdf.scheme = TPM2_ALG_NULL;
    return out;
  }
  area.type = TPM2_ALG_RSA;
  auto& rsa = area.parameters.rsaDetail;
  rsa.symmetric.algorithm = TPM2_ALG_NULL;
  rsa.scheme.scheme = algorithm == Algorithm::ps256 ? TPM2_ALG_RSAPSS : TPM2_ALG_RSASSA;
  rsa.scheme.details.anySig.hashAlg = TPM2_ALG_SHA256;
  rsa.keyBits = 2048;
  rsa.exponent = 0;  // 65537, Part 2, 12.2.3.5
  return out;
}

bool is_storage_parent(const TPM2B_PUBLIC& area) {
  return (area.publicArea.objectAttributes & parent_must) == parent_must && area.publicArea.nameAlg == TPM2_ALG_SHA256;
}

bool signs(const TPM2B_PUBLIC& area, Algorithm algorithm) {
  const TPM2B_PUBLIC wanted = signing_template(algorithm);
  const TPMT_PUBLIC& have = area.publicArea;
  const TPMT_PUBLIC& want = wanted.publicArea;
  if (have.type != want.type || have.nameAlg != want.nameAlg || have.objectAttributes != want.objectAttributes)
    return false;
  if (have.type == TPM2_ALG_ECC)
    return have.parameters.eccDetail.curveID == want.parameters.eccDetail.curveID &&
           have.parameters.eccDetail.scheme.scheme == TPM2_ALG_ECDSA &&
           have.parameters.eccDetail.scheme.details.ecdsa.hashAlg ==
               want.parameters.eccDetail.scheme.details.ecdsa.hashAlg;
  return have.parameters.rsaDetail.scheme.scheme == want.parameters.rsaDetail.scheme.scheme &&
         have.parameters.rsaDetail.scheme.details.anySig.hashAlg == TPM2_ALG_SHA256;
}

Result<Bytes> spki_of_area(const TPM2B_PUBLIC& area, Algorithm algorithm) {
  const TPMU_PUBLIC_ID& unique = area.publicArea.unique;
  if (is_elliptic(algorithm)) return spki_of_point(algorithm, view_of(unique.ecc.x), view_of(unique.ecc.y));
  const UINT32 exponent = area.publicArea.parameters.rsaDetail.exponent;
  return spki_of_modulus({unique.rsa.buffer, unique.rsa.size}, exponent == 0 ? 65537 : exponent);
}

}  // namespace vouchgate::keys::tpm
