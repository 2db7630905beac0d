// POSIX file calls for secrets.
#include "secret_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace vouchgate::keys {
namespace {

constexpr std::size_t most_bytes = 64 * 1024;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

tl::unexpected<Error> system_error(const std::string& context, const std::string& path, int number) {
  const Code code = number == ENOENT                      ? Code::not_found
                    : number == EACCES || number == EPERM ? Code::denied
                    : number == ENOSPC                    ? Code::full
                                                          : Code::unavailable;
  return fail(code, context, path, std::strerror(number));
}

// What root writes into the daemon's directory is the daemon's, or the daemon could not read it.
bool give_to_owner_of(const std::filesystem::path& directory, int file) {
  if (::geteuid() != 0) return true;
  struct stat facts {};
  return ::stat(directory.c_str(), &facts) == 0 && ::fchown(file, facts.st_uid, facts.st_gid) == 0;
}

}  // namespace

Result<std::string> read_file(const std::string& context, const std::string& path, bool shared) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return system_error(context, path, errno);
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) return system_error(context, path, errno);
  if (!S_ISREG(facts.st_mode)) return fail(Code::invalid, context, path, "is not a file");
  if (!shared && (facts.st_mode & 077) != 0)
    return fail(Code::denied, context, path, "can be read by others", "chmod 0600 " + path);
  std::string out(most_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < out.size()) {
    const ssize_t got = ::read(file.get(), out.data() + size, out.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(context, path, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > most_bytes) return fail(Code::too_large, context, path, "over 64 KiB");
  out.resize(size);
  return out;
}

Result<void> write_file(const std::string& context, const std::string& path, const std::string& content) {
  const std::filesystem::path target(path);
  const std::filesystem::path directory = target.has_parent_path() ? target.parent_path() : ".";
  std::error_code error;
  if (std::filesystem::create_directories(directory, error))
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
  const std::string temporary = path + ".new";
  ::unlink(temporary.c_str());
  {
    const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.get() < 0) return system_error(context, temporary, errno);
    for (std::size_t done = 0; done < content.size();) {
      const ssize_t wrote = ::write(file.get(), content.data() + done, content.size() - done);
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return system_error(context, temporary, errno);
      done += static_cast<std::size_t>(wrote);
    }
    if (!give_to_owner_of(directory, file.get())) return system_error(context, temporary, errno);
    if (::fsync(file.get()) != 0) return system_error(context, temporary, errno);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return system_error(context, path, errno);
  const Descriptor folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) return system_error(context, directory.string(), errno);
  return {};
}

}  // namespace vouchgate::keys
