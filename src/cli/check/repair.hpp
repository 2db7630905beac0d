// Does what --fix has announced. Never creates a key, a configuration or a user.
#pragma once

#include "finding.hpp"
#include "vouchgate/base/result.hpp"

namespace vouchgate::cli::check {

// Errors: denied (not root), not_found (no such user or group), unavailable.
Result<void> mend(const Repair& repair);

}  // namespace vouchgate::cli::check
