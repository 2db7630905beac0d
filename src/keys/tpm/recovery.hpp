// What to do about a TPM's complaint, without a TPM. Pure. Never has a command repeated whose authorisation failed:
// that could raise the lockout counter of a chip that others depend on.
#pragma once

#include <tss2/tss2_common.h>

#include <chrono>
#include <optional>
#include <string>

namespace vouchgate::keys::tpm {

// The transport gave up waiting: this room's own code in the TCTI layer, beside the library's.
constexpr TSS2_RC no_answer = TSS2_TCTI_RC_LAYER | 0x7f00;

enum class Remedy {
  none,      // nothing that may be tried by itself: say it, and let the next signature try
  repeat,    // the same command in the same context, after a pause
  reopen,    // a new context, the key looked up anew
  start_up,  // TPM2_Startup, then reopen: a bare TPM was reset and nobody else starts it
  sweep,     // flush what an earlier life of ours left in a bare TPM, then reopen
};

// Whether a resource manager (the kernel's tpmrm0, tpm2-abrmd) stands between us and the TPM. It starts the TPM and
// empties its places by itself.
bool is_managed(const std::string& tcti);

Remedy remedy(TSS2_RC rc, bool managed);

// The pause before a command is sent again that was answered by `rc`, after `repeats` repetitions of it; nullopt when
// the answer stands. All pauses together last 3 s. These answers say that the TPM did not begin (Part 2, 6.6.3), so
// no authorisation was judged.
std::optional<std::chrono::milliseconds> pause_before_repeat(TSS2_RC rc, int repeats);

}  // namespace vouchgate::keys::tpm
