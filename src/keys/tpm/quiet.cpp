// Silences tpm2-tss's own log.
#include "quiet.hpp"

#include <cstdlib>

namespace vouchgate::keys::tpm {

void quiet_library() { ::setenv("TSS2_LOG", "all+none", 0); }

}  // namespace vouchgate::keys::tpm
