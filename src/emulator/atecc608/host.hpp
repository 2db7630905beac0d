// Runs simulated chips as a device of this machine until it is told to end. Never returns while somebody may use it.
#pragma once

#include "chip_options.hpp"
#include "vouchgate/base/result.hpp"

namespace vouchgate::emulator::atecc608 {

// Until SIGTERM, SIGINT or SIGHUP (success), or until the device, the state file or standard output fails.
Result<void> run(ChipOptions options);

}  // namespace vouchgate::emulator::atecc608
