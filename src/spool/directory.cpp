// Files beside the database. Never opens the database.
#include "directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

namespace vouchgate::spool {
namespace {

tl::unexpected<Error> system_failure(const std::string& path, int number) {
  const bool denied = number == EACCES || number == EPERM || number == EROFS;
  return fail(denied ? Code::denied : Code::unavailable, "spool", path, std::strerror(number),
              denied ? "the spool directory must be writable for the daemon's user" : "");
}

// A new or renamed entry is only there after a power cut if its directory was synced (fsync(2)).
void sync_directory(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  ::fsync(file);
  ::close(file);
}

}  // namespace

Result<Directory> Directory::open(const std::string& path) {
  const std::filesystem::path directory(path);
  std::error_code ignored;  // mkdir() below says what is wrong
  std::filesystem::create_directories(directory.parent_path(), ignored);
  if (::mkdir(path.c_str(), 0700) == 0)
    sync_directory(directory.parent_path().empty() ? "." : directory.parent_path().string());
  else if (errno != EEXIST)
    return system_failure(path, errno);
  const std::string name = path + "/lock";
  const int lock = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return system_failure(name, errno);
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    const int number = errno;
    ::close(lock);
    if (number != EWOULDBLOCK) return system_failure(name, number);
    return fail(Code::busy, "spool", path, "another process has the spool open", "is vouchgated running already?");
  }
  return Directory(path, lock);
}

Directory::Directory(Directory&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

Directory::~Directory() {
  if (lock_ >= 0) ::close(lock_);
}

bool Directory::suspect() const { return ::access((path_ + "/suspect").c_str(), F_OK) == 0; }

void Directory::set_suspect(bool suspect) const {
  const std::string name = path_ + "/suspect";
  if (!suspect) {
    ::unlink(name.c_str());
    return;
  }
  const int file = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file >= 0) ::close(file);
}

Result<std::string> Directory::set_aside(WallTime now) const {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  std::string aside;
  for (int again = 0; aside.empty() || std::filesystem::exists(aside); ++again)
    aside = database() + ".damaged-" + std::to_string(seconds) + (again > 0 ? "." + std::to_string(again) : "");
  // The WAL first: a database that finds no WAL is older, one that finds a stranger's WAL is damaged more.
  const std::string wal = database() + "-wal";
  if (::rename(wal.c_str(), (aside + "-wal").c_str()) != 0 && errno != ENOENT) return system_failure(wal, errno);
  if (::rename(database().c_str(), aside.c_str()) != 0) return system_failure(database(), errno);
  sync_directory(path_);
  return aside;
}

}  // namespace vouchgate::spool
