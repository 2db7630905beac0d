// tpm2-tss logs expected failures to stderr by itself; ours says them once, in its own words.
#pragma once

namespace vouchgate::keys::tpm {

// Sets TSS2_LOG=all+none unless it is set already. Before any thread starts: setenv(3) is not thread safe.
void quiet_library();

}  // namespace vouchgate::keys::tpm
