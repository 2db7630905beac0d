// Findings as a person reads them and as a machine does. Pure: values in, text out.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "finding.hpp"

namespace vouchgate::cli::check {

struct Tally {
  int ok = 0, warnings = 0, failed = 0, skipped = 0;
};
Tally tally(const std::vector<Finding>& findings);

std::string text_of(const Finding& finding, bool colours = false);  // with its newline
std::string sum_text(const Tally& tally);                           // "11 ok, 1 warning, 1 failed, 1 skipped\n"
// The stable form of docs/check.md. `daemon`: stopped, running, mute.
nlohmann::ordered_json json_of(const std::vector<Finding>& findings, const std::string& daemon);

}  // namespace vouchgate::cli::check
