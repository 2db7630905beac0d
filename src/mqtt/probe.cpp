// getaddrinfo(3), then one TCP connect per address. Never reads or writes on the connection.
#include "probe.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

namespace vouchgate::mqtt {
namespace {

// 0 or an errno value.
int connect_error(const addrinfo& address, Duration timeout) {
  const int fd = ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return errno;
  int error = ::connect(fd, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    pollfd waiting{fd, POLLOUT, 0};
    socklen_t size = sizeof error;
    if (::poll(&waiting, 1, static_cast<int>(timeout.count())) <= 0)
      error = ETIMEDOUT;
    else if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
      error = errno;
  }
  ::close(fd);
  return error;
}

}  // namespace

std::string tcp_complaint(const std::string& host, std::uint16_t port, Duration timeout) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  if (const int rc = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &list); rc != 0)
    return "no address for " + host + ": " + ::gai_strerror(rc);
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(list, ::freeaddrinfo);
  const auto until = std::chrono::steady_clock::now() + timeout;
  int error = EHOSTUNREACH;
  for (const addrinfo* address = list; address != nullptr; address = address->ai_next) {
    const auto left = std::chrono::duration_cast<Duration>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) break;
    error = connect_error(*address, left);
    if (error == 0) return {};
  }
  return host + ":" + std::to_string(port) + ": " + std::generic_category().message(error);
}

}  // namespace vouchgate::mqtt
