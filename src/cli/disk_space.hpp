// What a file system has, for directories that may not exist yet. Never writes.
#pragma once

#include <cstdint>
#include <string>

#include "vouchgate/base/result.hpp"

namespace vouchgate::cli {

struct DiskSpace {
  std::string looked_at;                      // the directory, or the nearest one above it that exists
  std::uint64_t free = 0, size = 0;           // bytes; free for users other than root
  std::uint64_t inodes_free = 0, inodes = 0;  // both 0: the file system has no fixed number
  bool read_only = false;
};
Result<DiskSpace> disk_space(const std::string& directory);

// Bytes of the files right inside a directory; 0 if it cannot be read.
std::uint64_t bytes_in(const std::string& directory);

}  // namespace vouchgate::cli
