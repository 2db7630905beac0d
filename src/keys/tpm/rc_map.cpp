// One table. Codes without a row keep the library's own text.
#include "rc_map.hpp"

#include <tss2/tss2_rc.h>
#include <tss2/tss2_tpm2_types.h>

#include <algorithm>

namespace vouchgate::keys::tpm {
namespace {

struct Row {
  TSS2_RC rc;
  Code code;
  const char* reason;
  const char* hint;
};

constexpr Row tpm_rows[] = {
    {TPM2_RC_LOCKOUT, Code::unavailable, "the TPM is in dictionary-attack lockout",
     "wait for its lockout recovery time, or clear it with the lockout authorisation; this gateway's key does not "
     "raise the counter"},
    {TPM2_RC_AUTH_FAIL, Code::denied, "the authorisation value is wrong", "see key.tpm.auth_file"},
    {TPM2_RC_BAD_AUTH, Code::denied, "the authorisation value is wrong", "see key.tpm.auth_file"},
    {TPM2_RC_RETRY, Code::busy, "the TPM asks to try again", ""},
    {TPM2_RC_YIELDED, Code::busy, "the TPM asks to try again", ""},
    {TPM2_RC_TESTING, Code::busy, "the TPM is testing itself", ""},
    {TPM2_RC_NV_RATE, Code::busy, "the TPM limits writes to its memory", ""},
    {TPM2_RC_NV_UNAVAILABLE, Code::busy, "the TPM's memory is not available now", ""},
    {TPM2_RC_OBJECT_MEMORY, Code::busy, "the TPM has no free object slot",
     "another program holds them; use /dev/tpmrm0, not /dev/tpm0"},
    {TPM2_RC_SESSION_MEMORY, Code::busy, "the TPM has no free session slot",
     "another program holds them; use /dev/tpmrm0, not /dev/tpm0"},
    {TPM2_RC_SESSION_HANDLES, Code::busy, "the TPM has no free session handle", ""},
    {TPM2_RC_MEMORY, Code::busy, "the TPM is out of memory", ""},
    {TPM2_RC_CONTEXT_GAP, Code::busy, "the TPM's context gap is full", ""},
    {TPM2_RC_NV_SPACE, Code::full, "the TPM has no room for another persistent key",
     "remove one that is not needed: tpm2_getcap handles-persistent"},
    {TPM2_RC_FAILURE, Code::unavailable, "the TPM is in failure mode",
     "only a platform reset ends it; if it returns, the chip is broken"},
    {TPM2_RC_INITIALIZE, Code::unavailable, "the TPM was not started",
     "the platform sends Startup; for swtpm: --flags not-need-init,startup-clear"},
    {TPM2_RC_HANDLE, Code::not_found, "there is no such object in the TPM", ""},
    {TPM2_RC_REFERENCE_H0, Code::busy, "an object went away", ""},
    {TPM2_RC_REFERENCE_S0, Code::busy, "a session went away", ""},
    {TPM2_RC_INTEGRITY, Code::mismatch, "the key file does not belong to this TPM",
     "the TPM was cleared or the disk moved; 'vouchgate key create' makes a new key"},
    {TPM2_RC_CURVE, Code::unsupported, "the chip does not know this curve", "choose key.algorithm ES256"},
    {TPM2_RC_VALUE, Code::unsupported, "the chip does not take this value", "choose another key.algorithm"},
    {TPM2_RC_KEY_SIZE, Code::unsupported, "the chip does not know this key size", "choose key.algorithm ES256"},
    {TPM2_RC_SCHEME, Code::unsupported, "the chip does not know this signature scheme", "choose key.algorithm ES256"},
    {TPM2_RC_HASH, Code::unsupported, "the chip does not know this hash", "choose key.algorithm ES256"},
};

constexpr TSS2_RC layer_of(TSS2_RC rc) { return rc & TSS2_RC_LAYER_MASK; }

}  // namespace

TSS2_RC tpm_code(TSS2_RC rc) {
  const TSS2_RC layer = layer_of(rc);
  if (layer != TSS2_TPM_RC_LAYER && layer != TSS2_RESMGR_TPM_RC_LAYER) return 0;
  const TSS2_RC code = rc & 0xfff;
  constexpr TSS2_RC format_one = 0x080;
  return (code & format_one) != 0 ? code & 0x0bf : code;
}

Error explain(TSS2_RC rc, const std::string& what) {
  const TSS2_RC code = tpm_code(rc);
  const auto row = std::ranges::find(tpm_rows, code, &Row::rc);
  if (code != 0 && row != std::end(tpm_rows)) return {row->code, "tpm", what, row->reason, row->hint};
  const TSS2_RC layer = layer_of(rc);
  if (layer == TSS2_TCTI_RC_LAYER)
    return {Code::unavailable, "tpm", what, "the connection to the TPM failed",
            "see key.tpm.tcti; is the TPM or its simulator there?"};
  // An ESAPI context that is out of step is rebuilt by opening the key anew.
  const Code kind = layer == TSS2_ESAPI_RC_LAYER || layer == TSS2_SYS_RC_LAYER ? Code::unavailable : Code::internal;
  return {kind, "tpm", what, Tss2_RC_Decode(rc), ""};
}

}  // namespace vouchgate::keys::tpm
