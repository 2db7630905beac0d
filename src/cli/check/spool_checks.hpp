// spool.health, spool.autonomy, disk.free. Pure: facts in, findings out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "../disk_space.hpp"
#include "../plan.hpp"
#include "finding.hpp"
#include "live.hpp"

namespace vouchgate::cli::check {

struct SpoolFiles {
  std::string directory;
  bool readable = true;  // false: there, but not for this user
  bool exists = false, suspect = false;
  std::uint64_t bytes = 0;
  std::vector<std::string> set_aside;  // names of damaged databases
};
SpoolFiles look_at_spool(const std::string& directory);  // the one function here that looks; never opens the database
Finding judge_spool_files(const SpoolFiles& files);
Finding judge_live_spool(const Live& live);

// `rate`: messages a second just now; 0: unknown, or none come.
Finding judge_autonomy(PlanInput input, double rate);
Finding judge_disk(const Result<DiskSpace>& disk, const SpoolSettings& settings);

}  // namespace vouchgate::cli::check
