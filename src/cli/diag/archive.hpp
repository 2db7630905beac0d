// Puts a bundle into one compressed file that only its owner may read. Never overwrites anything.
#pragma once

#include <cstdint>
#include <string>

#include "collect.hpp"
#include "vouchgate/base/result.hpp"

namespace vouchgate::cli::diag {

// `path` appears complete or not at all, with mode 0600. Returns its size in bytes. Errors: invalid (it exists),
// unavailable (the folder cannot be written, tar(1) failed).
Result<std::uint64_t> pack(const Bundle& bundle, const std::string& path);

}  // namespace vouchgate::cli::diag
