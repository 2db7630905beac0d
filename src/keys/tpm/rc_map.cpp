// One table. Codes without a row keep the library's own text.
#include "rc_map.hpp"

#include <tss2/tss2_rc.h>
#include <tss2/tss2_tpm2_types.h>

#include <algorithm>

#include "recovery.hpp"

namespace vouchgate::keys::tpm {
namespace {

struct Row {
  TSS2_RC rc;
  Code code;
  const char* reason;
  const char* hint;
};

constexpr const char* tried_again = "nothing to do: the gateway tries again by itself";
constexpr const char* free_objects =
    "other programs left objects in it: 'tpm2_flushcontext -t' removes them; use /dev/tpmrm0, not /dev/tpm0";
constexpr const char* free_sessions =
    "other programs left sessions in it: 'tpm2_flushcontext -l' removes them; use /dev/tpmrm0, not /dev/tpm0";

constexpr Row tpm_rows[] = {
    {TPM2_RC_LOCKOUT, Code::unavailable, "the TPM is in dictionary-attack lockout",
     "wait for its lockout recovery time, or clear it with the lockout authorisation; this gateway's key does not "
     "raise the counter and signs in lockout, once it is loaded"},
    {TPM2_RC_AUTH_FAIL, Code::denied, "the authorisation value is wrong", "see key.tpm.auth_file"},
    {TPM2_RC_BAD_AUTH, Code::denied, "the authorisation value is wrong", "see key.tpm.auth_file"},
    {TPM2_RC_RETRY, Code::busy, "the TPM asks to try again", tried_again},
    {TPM2_RC_YIELDED, Code::busy, "the TPM put the command off", tried_again},
    {TPM2_RC_TESTING, Code::busy, "the TPM is testing itself", tried_again},
    {TPM2_RC_NV_RATE, Code::busy, "the TPM limits writes to its memory", tried_again},
    {TPM2_RC_NV_UNAVAILABLE, Code::busy, "the TPM's memory is not available now", tried_again},
    {TPM2_RC_CANCELED, Code::busy, "the command was cancelled", tried_again},
    {TPM2_RC_OBJECT_MEMORY, Code::busy, "the TPM has no free object slot", free_objects},
    {TPM2_RC_OBJECT_HANDLES, Code::busy, "the TPM has no free object handle", free_objects},
    {TPM2_RC_MEMORY, Code::busy, "the TPM is out of memory", free_objects},
    {TPM2_RC_SESSION_MEMORY, Code::busy, "the TPM has no free session slot", free_sessions},
    {TPM2_RC_SESSION_HANDLES, Code::busy, "the TPM has no free session handle", free_sessions},
    {TPM2_RC_CONTEXT_GAP, Code::busy, "the TPM's context gap is full",
     "a program keeps an old session open: 'tpm2_flushcontext -s' ends saved sessions"},
    {TPM2_RC_NV_SPACE, Code::full, "the TPM has no room for another persistent key",
     "remove one that is not needed: tpm2_getcap handles-persistent"},
    {TPM2_RC_FAILURE, Code::unavailable, "the TPM is in failure mode",
     "only a platform reset ends it; if it returns, the chip is broken"},
    {TPM2_RC_INITIALIZE, Code::unavailable, "the TPM was not started",
     "the platform sends Startup; a reboot does it; for swtpm: --flags not-need-init,startup-clear"},
    {TPM2_RC_REBOOT, Code::unavailable, "the TPM wants a platform reset", "reboot the machine"},
    {TPM2_RC_UPGRADE, Code::unavailable, "the TPM's firmware is being updated", "finish the update, then reboot"},
    {TPM2_RC_NEEDS_TEST, Code::unavailable, "the TPM wants a self test", "'tpm2_selftest --fulltest', or a reboot"},
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

constexpr const char* is_it_there = "see key.tpm.tcti; is the TPM or its simulator there?";

// The transport's own codes; what is not listed is a failure of the transport too.
constexpr Row transport_rows[] = {
    {no_answer, Code::timeout, "the TPM did not answer in time",
     "the chip or its simulator hangs, or another program keeps it busy; see dmesg; the gateway goes on trying"},
    {TSS2_TCTI_RC_NO_CONNECTION, Code::unavailable, "the TPM does not answer", is_it_there},
    {TSS2_TCTI_RC_MALFORMED_RESPONSE, Code::unavailable, "what answers is not a TPM", is_it_there},
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
  if (layer == TSS2_TCTI_RC_LAYER) {
    const auto known = std::ranges::find(transport_rows, rc, &Row::rc);
    if (known != std::end(transport_rows)) return {known->code, "tpm", what, known->reason, known->hint};
    return {Code::unavailable, "tpm", what, "the connection to the TPM broke", is_it_there};
  }
  if (layer == TSS2_RESMGR_RC_LAYER)
    return {Code::unavailable, "tpm", what, std::string("the resource manager: ") + Tss2_RC_Decode(rc),
            "for tabrmd: 'systemctl status tpm2-abrmd'"};
  // An ESAPI context that is out of step is rebuilt by opening the key anew.
  const Code kind = layer == TSS2_ESAPI_RC_LAYER || layer == TSS2_SYS_RC_LAYER ? Code::unavailable : Code::internal;
  return {kind, "tpm", what, Tss2_RC_Decode(rc), ""};
}

}  // namespace vouchgate::keys::tpm
