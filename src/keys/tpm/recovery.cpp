// One table of TPM codes; other layers as a whole. Sources: TPM 2.0 Library Part 2, 6.6.3; TSS 2.0 overview, 3.10.
#include "recovery.hpp"

#include <tss2/tss2_tpm2_types.h>

#include <algorithm>
#include <iterator>

#include "rc_map.hpp"

namespace vouchgate::keys::tpm {
namespace {

struct Row {
  TSS2_RC rc;
  Remedy bare;     // nobody but us looks after the TPM
  Remedy managed;  // behind a resource manager
};

// What is not listed gets Remedy::none: AUTH_FAIL, BAD_AUTH and LOCKOUT by intent, FAILURE and REBOOT because only the
// platform can help, the others because the same command gives the same answer.
constexpr Row rows[] = {
    {TPM2_RC_RETRY, Remedy::repeat, Remedy::repeat},
    {TPM2_RC_YIELDED, Remedy::repeat, Remedy::repeat},
    {TPM2_RC_TESTING, Remedy::repeat, Remedy::repeat},
    {TPM2_RC_NV_RATE, Remedy::repeat, Remedy::repeat},
    {TPM2_RC_NV_UNAVAILABLE, Remedy::repeat, Remedy::repeat},
    // Startup ends the state between _TPM_Init and use; the kernel's driver does not leave it to programs.
    {TPM2_RC_INITIALIZE, Remedy::start_up, Remedy::none},
    {TPM2_RC_OBJECT_MEMORY, Remedy::sweep, Remedy::reopen},
    {TPM2_RC_OBJECT_HANDLES, Remedy::sweep, Remedy::reopen},
    {TPM2_RC_MEMORY, Remedy::sweep, Remedy::reopen},
    // Closing gives back the sessions of this context; those of a former life cannot be told from other programs'.
    {TPM2_RC_SESSION_MEMORY, Remedy::reopen, Remedy::reopen},
    {TPM2_RC_SESSION_HANDLES, Remedy::reopen, Remedy::reopen},
    {TPM2_RC_CONTEXT_GAP, Remedy::reopen, Remedy::reopen},
    // The handle is empty or the object is not loaded: evicted, cleared, or a reset in between.
    {TPM2_RC_HANDLE, Remedy::reopen, Remedy::reopen},
    {TPM2_RC_REFERENCE_H0, Remedy::reopen, Remedy::reopen},
    {TPM2_RC_REFERENCE_H1, Remedy::reopen, Remedy::reopen},
    {TPM2_RC_REFERENCE_S0, Remedy::reopen, Remedy::reopen},
};

constexpr std::chrono::milliseconds pauses[] = {std::chrono::milliseconds(20),  std::chrono::milliseconds(50),
                                                std::chrono::milliseconds(130), std::chrono::milliseconds(300),
                                                std::chrono::milliseconds(700), std::chrono::milliseconds(1800)};

}  // namespace

bool is_managed(const std::string& tcti) { return tcti.starts_with("tabrmd") || tcti.starts_with("device:/dev/tpmrm"); }

Remedy remedy(TSS2_RC rc, bool managed) {
  if (rc == TSS2_RC_SUCCESS) return Remedy::none;
  if (const TSS2_RC code = tpm_code(rc); code != 0) {
    const auto row = std::ranges::find(rows, code, &Row::rc);
    if (row == std::end(rows)) return Remedy::none;
    return managed ? row->managed : row->bare;
  }
  // The TPM hangs: another try would only hang as long again.
  if (rc == no_answer) return Remedy::none;
  switch (rc & TSS2_RC_LAYER_MASK) {
    // A broken transport, and contexts that are out of step after one (ESAPI's BAD_SEQUENCE).
    case TSS2_TCTI_RC_LAYER:
    case TSS2_SYS_RC_LAYER:
    case TSS2_ESAPI_RC_LAYER:
    case TSS2_RESMGR_RC_LAYER: return Remedy::reopen;
    default: return Remedy::none;
  }
}

std::optional<std::chrono::milliseconds> pause_before_repeat(TSS2_RC rc, int repeats) {
  if (remedy(rc, true) != Remedy::repeat || repeats >= static_cast<int>(std::size(pauses))) return std::nullopt;
  return pauses[repeats];
}

}  // namespace vouchgate::keys::tpm
