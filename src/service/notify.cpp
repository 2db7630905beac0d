// sd_notify(3) and the watchdog interval. Does nothing outside systemd and never fails the caller.
#include <systemd/sd-daemon.h>

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

void notify(const std::string& message) { ::sd_notify(0, message.c_str()); }

}  // namespace

void ready(const std::string& status) { notify("READY=1\n" + status_field(status)); }
void status(const std::string& sentence) { notify(status_field(sentence)); }
void stopping(const std::string& status) { notify("STOPPING=1\n" + status_field(status)); }
void watchdog_ping() { notify("WATCHDOG=1"); }

std::optional<Duration> watchdog_interval() {
  std::uint64_t microseconds = 0;
  // Also checks WATCHDOG_PID: a child that inherits the environment must not ping.
  if (::sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
  return std::chrono::duration_cast<Duration>(std::chrono::microseconds(microseconds / 2));
}

}  // namespace vouchgate::service
