// The table of checks: what each looks at and what it rests on. Never judges; the families do.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config_checks.hpp"
#include "live.hpp"
#include "run.hpp"

namespace vouchgate::cli::check {

// What all checks know. Shared by their threads, never changed.
struct Scene {
  std::string config_path;
  bool standard_path = true;  // --config was not given
  std::string user;           // --user, may be empty
  config::Loaded loaded;
  Daemon daemon;
};

std::vector<Check> survey(std::shared_ptr<const Scene> scene);

}  // namespace vouchgate::cli::check
