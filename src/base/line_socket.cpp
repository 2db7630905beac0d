// Binds Unix sockets. Never removes a path that someone answers on.
#include "line_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace vouchgate {
namespace {

tl::unexpected<Error> failed(const std::string& context, const std::string& path, int error) {
  const Code code = error == EACCES || error == EPERM || error == EROFS ? Code::denied
                    : error == ENOENT || error == ENOTDIR               ? Code::not_found
                    : error == EADDRINUSE                               ? Code::busy
                                                                        : Code::unavailable;
  std::string hint;
  if (code == Code::not_found) hint = "its directory must exist; systemd makes /run/vouchgate (RuntimeDirectory=)";
  if (code == Code::denied) hint = "the daemon's user must be able to write to its directory";
  return fail(code, context, path, std::system_category().message(error), std::move(hint));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

int unix_socket() { return ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }

// Makes way for bind(): nothing there, or a socket that nobody answers on (what a killed daemon leaves).
Result<void> clear(const std::string& context, const std::string& path, const sockaddr_un& address) {
  struct stat entry {};
  if (::lstat(path.c_str(), &entry) != 0) return {};
  if (!S_ISSOCK(entry.st_mode))
    return fail(Code::invalid, context, path, "exists and is not a socket", "remove it or choose another path");
  const Descriptor probe(unix_socket());
  if (probe.get() < 0) return failed(context, path, errno);
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN)
    return fail(Code::busy, context, path, "another process listens here",
                "is vouchgated already running? see 'systemctl status vouchgated'");
  if (errno != ECONNREFUSED) return failed(context, path, errno);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed(context, path, errno);
  return {};
}

}  // namespace

Result<LineSocket> bind_line_socket(const std::string& context, const std::string& path, std::uint32_t mode) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return fail(Code::invalid, context, path,
                "a socket path has 1 to " + std::to_string(sizeof address.sun_path - 1) + " bytes");
  std::memcpy(address.sun_path, path.data(), path.size());
  if (auto cleared = clear(context, path, address); !cleared) return fail(std::move(cleared.error()));
  Descriptor fd(unix_socket());
  if (fd.get() < 0) return failed(context, path, errno);
  // Linux gives the file the descriptor's mode less the umask, so it is never wider than asked, not even for a moment;
  // chmod then adds what the umask took.
  if (::fchmod(fd.get(), mode) != 0 ||
      ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::chmod(path.c_str(), mode) != 0 || ::listen(fd.get(), SOMAXCONN) != 0)
    return failed(context, path, errno);
  struct stat made {};
  if (::lstat(path.c_str(), &made) != 0) return failed(context, path, errno);
  return LineSocket{fd.release(), path, made.st_dev, made.st_ino};
}

Result<LineSocket> inherit_line_socket(const std::string& context, int fd) {
  int listening = 0, domain = 0, type = 0;
  socklen_t size = sizeof listening;
  if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || listening == 0 ||
      ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0 || domain != AF_UNIX ||
      ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM)
    return fail(Code::invalid, context, "descriptor " + std::to_string(fd), "is not a listening Unix stream socket",
                "vouchgated.socket must say ListenStream= with a path");
  return LineSocket{fd, {}, 0, 0};
}

void remove_line_socket(const LineSocket& socket) {
  struct stat entry {};
  if (socket.path.empty() || ::lstat(socket.path.c_str(), &entry) != 0) return;
  if (entry.st_dev == socket.device && entry.st_ino == socket.inode) ::unlink(socket.path.c_str());
}

}  // namespace vouchgate
