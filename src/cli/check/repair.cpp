// One system call or one program for each repair.
#include "repair.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "program.hpp"
#include "way.hpp"

namespace vouchgate::cli::check {
namespace {

class Place {
 public:
  explicit Place(int fd) : fd_(fd) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Result<void> refused(const Repair& repair) {
  const int number = errno;
  const bool denied = number == EACCES || number == EPERM;
  return fail(denied ? Code::denied : Code::unavailable, "fix", repair.text(), std::generic_category().message(number),
              denied ? "run it as root" : "");
}

// Not through a symbolic link, and no file that has another name as well: a place that its owner can replace must not
// give away another.
Result<void> own(const Way& way, const Repair& repair) {
  const passwd* entry = ::getpwnam(repair.user.c_str());
  if (entry == nullptr) return fail(Code::not_found, "fix", repair.user, "there is no such user");
  const Place place(::openat(way.directory(), way.name(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat seen {};
  if (place.get() < 0 || ::fstat(place.get(), &seen) != 0) return refused(repair);
  if (S_ISLNK(seen.st_mode) || (!S_ISDIR(seen.st_mode) && seen.st_nlink != 1))
    return fail(Code::denied, "fix", repair.text(), "it is a link", "remove it, or let the configuration name another");
  if (::fchownat(place.get(), "", entry->pw_uid, entry->pw_gid, AT_EMPTY_PATH) != 0) return refused(repair);
  return {};
}

Result<void> set_owner(const Repair& repair) {
  const auto way = Way::to(repair.path);
  return way ? own(*way, repair) : fail(way.error());
}

Result<void> set_mode(const Repair& repair) {
  const auto way = Way::to(repair.path);
  if (!way) return fail(way.error());
  const Place place(::openat(way->directory(), way->name(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (place.get() < 0 || ::fchmod(place.get(), repair.mode) != 0) return refused(repair);
  return {};
}

Result<void> make_directory(const Repair& repair) {
  const auto way = Way::to(repair.path, true);
  if (!way) return fail(way.error());
  if (::mkdirat(way->directory(), way->name(), repair.mode) != 0) return refused(repair);
  return own(*way, repair);
}

Result<void> join_group(const Repair& repair) {
  const auto done = run_program({"usermod", "-aG", repair.group, repair.user}, std::chrono::seconds(10));
  if (!done) return fail(done.error());
  if (done->exit_code == 0) return {};
  return fail(Code::unavailable, "fix", repair.text(), done->text.substr(0, done->text.find('\n')), "run it as root");
}

}  // namespace

Result<void> mend(const Repair& repair) {
  switch (repair.kind) {
    case Repair::Kind::make_directory: return make_directory(repair);
    case Repair::Kind::set_owner: return set_owner(repair);
    case Repair::Kind::set_mode: return set_mode(repair);
    case Repair::Kind::join_group: return join_group(repair);
  }
  return {};
}

}  // namespace vouchgate::cli::check
