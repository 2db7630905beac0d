// What anybody can read of the time without being the daemon: the kernel's word and the kept time. Never writes.
#pragma once

#include <string>

#include "vouchgate/timekeeper/judge.hpp"

namespace vouchgate::timekeeper {

bool kernel_says_synchronised();  // adjtimex(2)

// `path`: as of make(). Without the TPM's clock: it needs the TPM.
Evidence look(const std::string& path, WallTime now, WallTime built);

}  // namespace vouchgate::timekeeper
