// Runs another program and reads what it prints. Never through a shell, never without a deadline.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "vouchgate/base/result.hpp"

namespace vouchgate::cli::check {

struct Printed {
  int exit_code = 0;
  std::string text;  // stdout and stderr
};
// Errors: not_found (no such program), timeout (it was killed, also for printing more than `most` bytes), unavailable.
Result<Printed> run_program(const std::vector<std::string>& words, std::chrono::milliseconds patience,
                            std::size_t most = 64 * 1024);

}  // namespace vouchgate::cli::check
