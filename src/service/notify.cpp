// sd_notify(3) and the watchdog interval. Does nothing outside systemd and never fails the caller.
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <string>

#include "vouchgate/service/service.hpp"

namespace vouchgate::service {
namespace {

// The notify protocol is lines: a line break in a status would start a field of its own.
std::string status_field(std::string sentence) {
  for (char& c : sentence)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  return "STATUS=" + sentence;
}

// sd_notify(3) blocks while the manager's queue is full. Everything is sent without waiting, in the protocol that
// sd_notify(3) publishes for this purpose: a manager that stalls must not stall the loop. False: there was no room.
bool notify_if_room(const std::string& message) {
  const char* where = std::getenv("NOTIFY_SOCKET");
  const std::string path = where == nullptr ? "" : where;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() < 2 || path.size() >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@')) return true;
  path.copy(address.sun_path, path.size());
  if (path[0] == '@') address.sun_path[0] = '\0';  // an abstract address, unix(7)
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  const ssize_t sent = ::sendto(fd, message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                                reinterpret_cast<const sockaddr*>(&address), size);
  const bool is_full = sent < 0 && (errno == EAGAIN || errno == ENOBUFS || errno == EINTR);
  ::close(fd);
  return !is_full;
}

}  // namespace

bool ready(const std::string& status) { return notify_if_room("READY=1\n" + status_field(status)); }
void reloading(const std::string& status) {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();  // CLOCK_MONOTONIC, as sd_notify(3) wants
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  notify_if_room("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds) + "\n" + status_field(status));
}
void status(const std::string& sentence) { notify_if_room(status_field(sentence)); }
void stopping(const std::string& status) { notify_if_room("STOPPING=1\n" + status_field(status)); }
void watchdog_ping() { notify_if_room("WATCHDOG=1"); }

std::optional<Duration> watchdog_interval() {
  std::uint64_t microseconds = 0;
  // Also checks WATCHDOG_PID: a child that inherits the environment must not ping.
  if (::sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
  return std::chrono::duration_cast<Duration>(std::chrono::microseconds(microseconds / 2));
}

}  // namespace vouchgate::service
