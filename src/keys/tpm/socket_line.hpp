// The socket of a software TPM as a Line. Never waits without a limit, never raises SIGPIPE.
#pragma once

#include "line.hpp"

namespace vouchgate::keys::tpm {

// `options` as tpm2-tss takes them: "path=/run/x.sock" or "host=127.0.0.1,port=2321" (these are the defaults). Errors:
// invalid. Connects for each command: whether somebody listens shows at the first one.
Result<std::unique_ptr<Line>> open_socket_line(const std::string& options);

}  // namespace vouchgate::keys::tpm
