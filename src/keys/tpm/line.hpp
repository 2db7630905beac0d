// The way to a TPM: sends a command, waits for its answer no longer than it is told to. Knows no command's meaning.
#pragma once

#include <tss2/tss2_tcti.h>

#include <chrono>
#include <memory>
#include <string>

#include "vouchgate/base/bytes.hpp"
#include "vouchgate/base/result.hpp"

namespace vouchgate::keys::tpm {

// TPM 2.0 Part 2 sizes fit; what the kernel's driver takes and gives at most (TPM_BUFSIZE).
constexpr std::size_t largest_message = 4096;

class Line {
 public:
  using Deadline = std::chrono::steady_clock::time_point;
  virtual ~Line() = default;
  // One answer follows one command. Codes of the TCTI layer; no_answer (recovery.hpp) after the deadline, upon which
  // the line is of no more use.
  virtual TSS2_RC transmit(ByteView command, Deadline until) = 0;
  virtual TSS2_RC receive(Bytes& answer, Deadline until) = 0;
};

// By the words of tpm2-tss: "device:/dev/tpmrm0", "swtpm:path=...", "tabrmd:...". Error: unavailable. swtpm is spoken
// to by ourselves, one connection a command as the library does it, for the library's own module waits without a limit.
Result<std::unique_ptr<Line>> open_line(const std::string& tcti);

}  // namespace vouchgate::keys::tpm
