// Starts mosquitto with the bench cloud's plugin and stays with it. Never returns while the broker runs.
#pragma once

#include "options.hpp"
#include "vouchgate/base/result.hpp"

namespace vouchgate::emulator {

// Runs until SIGTERM or SIGINT (success) or until the broker ends by itself (an error). Mistakes in the registry are
// printed to standard error, all of them; the returned error then only counts them.
Result<void> run(Options options);

}  // namespace vouchgate::emulator
