// Runs another program and reads what it prints. Never through a shell, never without a deadline.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "vouchgate/base/result.hpp"

namespace vouchgate::cli::check {

struct Printed {
  int exit_code = 0;
  std::string text;  // stdout and stderr, at most 64 KiB
};
// Errors: not_found (no such program), timeout (it was killed), unavailable.
Result<Printed> run_program(const std::vector<std::string>& words, std::chrono::milliseconds patience);

}  // namespace vouchgate::cli::check
