// One system call or one program for each repair.
#include "repair.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "program.hpp"

namespace vouchgate::cli::check {
namespace {

Result<void> refused(const Repair& repair) {
  const int number = errno;
  const bool denied = number == EACCES || number == EPERM;
  return fail(denied ? Code::denied : Code::unavailable, "fix", repair.text(), std::generic_category().message(number),
              denied ? "run it as root" : "");
}

Result<void> own(const Repair& repair) {
  const passwd* entry = ::getpwnam(repair.user.c_str());
  if (entry == nullptr) return fail(Code::not_found, "fix", repair.user, "there is no such user");
  // Not through a symbolic link: a place that its owner can replace must not give away another.
  if (::lchown(repair.path.c_str(), entry->pw_uid, entry->pw_gid) != 0) return refused(repair);
  return {};
}

Result<void> set_mode(const Repair& repair) {
  const int place = ::open(repair.path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (place < 0) return refused(repair);
  const bool done = ::fchmod(place, repair.mode) == 0;
  const int number = errno;
  ::close(place);
  errno = number;
  if (!done) return refused(repair);
  return {};
}

Result<void> make_directory(const Repair& repair) {
  std::error_code ignored;  // mkdir() below says what is wrong
  std::filesystem::create_directories(std::filesystem::path(repair.path).parent_path(), ignored);
  if (::mkdir(repair.path.c_str(), repair.mode) != 0) return refused(repair);
  return own(repair);
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
    case Repair::Kind::set_owner: return own(repair);
    case Repair::Kind::set_mode: return set_mode(repair);
    case Repair::Kind::join_group: return join_group(repair);
  }
  return {};
}

}  // namespace vouchgate::cli::check
