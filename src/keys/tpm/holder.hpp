// The key in a TPM 2.0 by ESAPI. Never exports, never overwrites, never touches a key that is not ours.
#pragma once

#include <memory>

#include "../keeper.hpp"
#include "vouchgate/keys/keys.hpp"

namespace vouchgate::keys::tpm {

Result<std::unique_ptr<Signer>> open(const KeySettings& settings);
Result<std::unique_ptr<Signer>> create(const KeySettings& settings);
Result<void> remove(const KeySettings& settings);
Result<Description> describe(const KeySettings& settings);
Result<ChipReport> inspect_chip(const KeySettings& settings);
std::unique_ptr<Keeper> keep(const KeySettings& settings, Duration limit);

}  // namespace vouchgate::keys::tpm
