// Gathers a support bundle: scrubbed, and disguised if asked. Works with the daemon dead and the configuration broken.
// Never gives out text that did not go through the scrubber.
#pragma once

#include <string>
#include <vector>

namespace vouchgate::cli::diag {

struct Item {
  std::string name;  // of the file in the bundle
  std::string what;  // one clause
  std::string text;
};
struct LeftOut {
  std::string what, why;
};
struct Bundle {
  std::vector<Item> items;
  std::vector<LeftOut> left_out;
};

// Takes up to two minutes, most of it for the checks.
Bundle collect(const std::string& config_path, bool anonymise);

}  // namespace vouchgate::cli::diag
