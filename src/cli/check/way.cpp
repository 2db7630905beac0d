// Name by name with openat(2), so that what was looked at is what is walked.
#include "way.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <deque>
#include <filesystem>
#include <system_error>

namespace vouchgate::cli::check {
namespace {

constexpr int most_links = 40;  // as the kernel (path_resolution(7))

tl::unexpected<Error> refused(const std::string& path, int error) {
  const bool denied = error == EACCES || error == EPERM;
  const Code code = denied ? Code::denied : error == ENOENT ? Code::not_found : Code::unavailable;
  return fail(code, "fix", path, std::generic_category().message(error), denied ? "run it as root" : "");
}

// Nobody but root and the caller can put a link there.
bool is_ours(int directory) {
  struct stat seen {};
  if (::fstat(directory, &seen) != 0) return false;
  return (seen.st_uid == 0 || seen.st_uid == ::geteuid()) && (seen.st_mode & 0022) == 0;
}

using Names = std::deque<std::string>;

void put_before(Names& names, const std::filesystem::path& path) {
  Names all;
  for (const auto& name : path.relative_path())
    if (!name.empty() && name != ".") all.push_back(name);
  names.insert(names.begin(), all.begin(), all.end());
}

}  // namespace

Way::~Way() {
  if (directory_ >= 0) ::close(directory_);
}

Result<Way> Way::to(const std::string& path, bool make) {
  std::error_code unknown;
  const std::filesystem::path whole = std::filesystem::absolute(path, unknown);
  Way way(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  Names names;
  put_before(names, whole);
  if (unknown || names.empty() || way.directory_ < 0) return refused(path, EINVAL);
  for (int links = 0; names.size() > 1;) {
    const std::string name = names.front();
    names.pop_front();
    if (make && ::mkdirat(way.directory_, name.c_str(), 0755) != 0 && errno != EEXIST) return refused(path, errno);
    const int next = ::openat(way.directory_, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (next < 0) return refused(path, errno);
    char target[PATH_MAX];
    const ssize_t size = ::readlinkat(next, "", target, sizeof target);
    if (size < 0) {  // no link
      ::close(std::exchange(way.directory_, next));
      continue;
    }
    ::close(next);
    if (!is_ours(way.directory_))
      return fail(Code::denied, "fix", path, "leads through a symbolic link that another user may have put there",
                  "let the configuration name the place itself");
    if (++links > most_links) return refused(path, ELOOP);
    const std::filesystem::path to(std::string(target, static_cast<std::size_t>(size)));
    put_before(names, to);
    if (to.is_absolute()) ::close(std::exchange(way.directory_, ::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)));
  }
  way.name_ = names.front();
  return way;
}

}  // namespace vouchgate::cli::check
