// Runs checks in order: skips what rests on a failed one and gives up on what hangs. Never knows what a check looks at.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "finding.hpp"

namespace vouchgate::cli::check {

struct Check {
  std::string id;
  std::vector<std::string> needs;  // ids of earlier checks
  std::chrono::milliseconds budget{};
  std::function<Finding()> look;  // runs on a thread of its own, which is left behind when the budget is spent
  std::string if_hung = "something hangs there";  // the hint then
};

struct Outcome {
  std::vector<Finding> findings;  // in the order of the checks
  bool hung = false;              // a thread was left behind: the process must end without waiting for it
};

// `told` hears each finding at once. All of it ends by `deadline`, whatever hangs.
Outcome run_checks(const std::vector<Check>& checks, std::chrono::steady_clock::time_point deadline,
                   const std::function<void(const Finding&)>& told);

}  // namespace vouchgate::cli::check
