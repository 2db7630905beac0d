// TSS2 return codes as Errors, by layer and meaning. Pure.
#pragma once

#include <tss2/tss2_common.h>

#include <string>

#include "vouchgate/base/error.hpp"

namespace vouchgate::keys::tpm {

// The response code of the TPM itself, without parameter, handle or session number: format-one codes (TPM 2.0 Part 2,
// 6.6.2) lose those bits, and a resource manager's layer number is dropped. 0 if the code is not the TPM's.
TSS2_RC tpm_code(TSS2_RC rc);

// What failed, as an Error: `context` names the part, `what` the subject ("0x81000100", a TCTI).
Error explain(TSS2_RC rc, const std::string& what);

}  // namespace vouchgate::keys::tpm
