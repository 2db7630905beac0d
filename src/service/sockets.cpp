// Sockets that systemd listens on for us. Never binds one, never closes one that it does not hand out.
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "vouchgate/service/service.hpp"

namespace vouchgate::service {
namespace {

std::string path_of(int fd) {
  sockaddr_un address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0 || address.sun_family != AF_UNIX) return {};
  const std::size_t most = size - std::min<std::size_t>(size, offsetof(sockaddr_un, sun_path));
  if (most > 1 && address.sun_path[0] == '\0') return "@" + std::string(address.sun_path + 1, most - 1);  // abstract
  return {address.sun_path, ::strnlen(address.sun_path, most)};
}

}  // namespace

std::optional<ListeningSocket> inherited_socket(const std::string& name) {
  char** names = nullptr;
  const int count = ::sd_listen_fds_with_names(1, &names);
  std::optional<ListeningSocket> found;
  for (int i = 0; i < count; ++i)
    if (!found && (count == 1 || name == names[i])) {
      const int fd = SD_LISTEN_FDS_START + i;
      found = ListeningSocket{fd, path_of(fd)};
    }
  for (int i = 0; i < count; ++i) std::free(names[i]);
  std::free(names);
  return found;
}

}  // namespace vouchgate::service
