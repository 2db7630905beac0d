// The portable form of a TPM key: PEM "TSS2 PRIVATE KEY" (draft-bottomley-tpm2-keys, OID 2.23.133.10.1.3), usable in
// the TPM that made it only. It also pins the key's Name, and in a line above the PEM the Name of its parent.
#pragma once

#include <tss2/tss2_tpm2_types.h>

#include <string>

#include "vouchgate/base/bytes.hpp"
#include "vouchgate/base/result.hpp"

namespace vouchgate::keys::tpm {

struct KeyFile {
  bool empty_auth = true;
  TPM2_HANDLE parent = 0;
  TPM2B_PUBLIC area{};
  TPM2B_PRIVATE secret{};  // wrapped by the parent: not secret from its owner, useless elsewhere
  Bytes parent_name;
};

Result<std::string> write_pem(const KeyFile& key);
// `path` is for the error only: corrupt.
Result<KeyFile> read_pem(const std::string& text, const std::string& path);
Result<KeyFile> read_key_file(const std::string& path);

}  // namespace vouchgate::keys::tpm
