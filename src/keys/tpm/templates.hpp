// Public areas that we ask for, and what we accept. Pure. Sources: TCG TPM 2.0 Library Part 2, section 12; TCG TPM v2.0
// Provisioning Guidance, section 7.5.1 (SRK).
#pragma once

#include <tss2/tss2_tpm2_types.h>

#include "vouchgate/contract/signer.hpp"

namespace vouchgate::keys::tpm {

TPM2B_PUBLIC storage_root_template();  // ECC P-256, AES-128-CFB, unique zero-filled
// Unrestricted signing key, scheme fixed to the algorithm. RSA: 2048 bits.
TPM2B_PUBLIC signing_template(Algorithm algorithm);

bool is_storage_parent(const TPM2B_PUBLIC& area);  // restricted decrypt, fixed to this TPM
bool signs(const TPM2B_PUBLIC& area, Algorithm algorithm);
// The SPKI of a signing key's public area.
Result<Bytes> spki_of_area(const TPM2B_PUBLIC& area, Algorithm algorithm);

}  // namespace vouchgate::keys::tpm
