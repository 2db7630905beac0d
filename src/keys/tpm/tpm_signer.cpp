// TPM2_Sign (TPM 2.0 Part 3, 20.2) and its signature in JWS form.
#include "tpm_signer.hpp"

#include <cstring>

#include "../crypto.hpp"

namespace vouchgate::keys::tpm {

Result<Bytes> TpmSigner::sign(ByteView input) {
  const Bytes hash = digest(info_.algorithm, input);
  TPM2B_DIGEST hashed{};
  hashed.size = static_cast<UINT16>(hash.size());
  std::memcpy(hashed.buffer, hash.data(), hash.size());
  const TPMT_SIG_SCHEME by_the_key{.scheme = TPM2_ALG_NULL, .details = {}};
  // An unrestricted key takes a digest made elsewhere with a null ticket.
  const TPMT_TK_HASHCHECK no_ticket{.tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL, .digest = {}};
  const auto session = authorisation_->begin();
  if (!session) return fail(session.error());
  TPMT_SIGNATURE* signature = nullptr;
  const TSS2_RC rc = Esys_Sign(context_->get(), key_, *session, ESYS_TR_NONE, ESYS_TR_NONE, &hashed, &by_the_key,
                               &no_ticket, &signature);
  authorisation_->end(*session, rc == TSS2_RC_SUCCESS);
  if (rc != TSS2_RC_SUCCESS) return fail(context_->failed(rc, info_.where));
  const Esys<TPMT_SIGNATURE> owner(signature);
  if (is_elliptic(info_.algorithm)) {
    const TPMS_SIGNATURE_ECDSA& pair = signature->signature.ecdsa;
    return join_rs(info_.algorithm, {pair.signatureR.buffer, pair.signatureR.size},
                   {pair.signatureS.buffer, pair.signatureS.size});
  }
  const TPM2B_PUBLIC_KEY_RSA& number = signature->signature.rsassa.sig;  // rsapss has the same shape
  return Bytes(number.buffer, number.buffer + number.size);
}

Result<void> TpmSigner::self_test() {
  constexpr std::string_view probe = "vouchgate self test";
  const auto signature = sign(view(probe));
  if (!signature) return fail(signature.error());
  if (verifies(info_.algorithm, info_.public_key_der, view(probe), *signature)) return {};
  return fail(Code::unsupported, "tpm", std::string(word(info_.algorithm)), "the chip's signature does not verify",
              info_.algorithm == Algorithm::ps256
                  ? "this chip salts PSS longer than RFC 7518 allows; choose RS256 or ES256"
                  : "");
}

}  // namespace vouchgate::keys::tpm
