// Opening the key that the key file pins, and what making and removing one share with it. Never makes a key.
#pragma once

#include <memory>
#include <string>

#include "context.hpp"
#include "key_file.hpp"
#include "tpm_signer.hpp"
#include "vouchgate/model/settings.hpp"

namespace vouchgate::keys::tpm {

// What one opening tells the next.
struct Memory {
  Bytes name;                   // of the key in key_file; empty: not yet read
  bool from_file = false;       // the handle was empty and the key came from key_file
  bool parent_refused = false;  // its authorisation failed, and it counts failures: not tried again
  bool owner_refused = false;   // the owner's authorisation is set: the key cannot be put at its handle
};

// Errors as of keys::open().
Result<std::unique_ptr<TpmSigner>> open_key(const std::shared_ptr<Context>& context, const KeySettings& settings,
                                            Memory& memory);

std::string brief(const Bytes& name);  // "000b3f9a...": enough to compare by eye
Result<Algorithm> algorithm_of(const KeySettings& settings);
// The content of auth_file; empty if there is none configured.
Result<std::string> auth_value(const std::string& where);
// Error: mismatch (gone, no storage key, or another one than `pinned`, if that is not empty).
Result<Context::Persistent> existing_parent(Context& context, const TpmSettings& settings, const Bytes& pinned);
Error foreign(std::uint32_t handle, const Bytes& found, const Bytes& expected);
Error no_key_file(const TpmSettings& settings, bool occupied);
Result<std::unique_ptr<TpmSigner>> make_signer(std::shared_ptr<Context> context,
                                               std::unique_ptr<Authorisation> authorisation, ESYS_TR key,
                                               const TPM2B_PUBLIC& area, Algorithm algorithm,
                                               const TpmSettings& settings);

}  // namespace vouchgate::keys::tpm
