// statvfs(3) of the nearest directory that exists.
#include "disk_space.hpp"

#include <sys/statvfs.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace vouchgate::cli {

Result<DiskSpace> disk_space(const std::string& directory) {
  std::filesystem::path path(directory);
  struct statvfs found {};
  while (::statvfs(path.c_str(), &found) != 0) {
    const int number = errno;
    if (number != ENOENT || !path.has_relative_path())
      return fail(Code::unavailable, "disk", path, std::generic_category().message(number));
    path = path.has_parent_path() ? path.parent_path() : ".";
  }
  DiskSpace out;
  out.looked_at = path;
  out.free = std::uint64_t{found.f_bavail} * found.f_frsize;
  out.size = std::uint64_t{found.f_blocks} * found.f_frsize;
  out.inodes_free = found.f_favail;
  out.inodes = found.f_files;
  out.read_only = (found.f_flag & ST_RDONLY) != 0;
  return out;
}

std::uint64_t bytes_in(const std::string& directory) {
  std::uint64_t sum = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    std::error_code gone;  // a file that is deleted meanwhile counts nothing
    const auto size = it->file_size(gone);
    if (!gone) sum += size;
  }
  return sum;
}

}  // namespace vouchgate::cli
