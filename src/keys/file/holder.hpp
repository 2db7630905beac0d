// The key in a PEM file: for test benches. Whoever reads the file is the gateway.
#pragma once

#include <memory>

#include "../keeper.hpp"
#include "vouchgate/keys/keys.hpp"

namespace vouchgate::keys::file {

Result<std::unique_ptr<Signer>> open(const KeySettings& settings);
Result<std::unique_ptr<Signer>> create(const KeySettings& settings);
Result<void> remove(const KeySettings& settings);
Result<Description> describe(const KeySettings& settings);
std::unique_ptr<Keeper> keep(const KeySettings& settings, Duration limit);

}  // namespace vouchgate::keys::file
