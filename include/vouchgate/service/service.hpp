// systemd: readiness, STATUS=, watchdog, sockets handed over, the journal as a log sink. Outside systemd every call
// does nothing.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "vouchgate/base/log.hpp"
#include "vouchgate/contract/clock.hpp"

namespace vouchgate::service {

// False: the manager's queue is full, so it must be said again. The others repeat, or do without.
[[nodiscard]] bool ready(const std::string& status);
// A reload begins; ready() ends it. sd_notify(3), Type=notify.
void reloading(const std::string& status);
void status(const std::string& sentence);
void stopping(const std::string& status);
void watchdog_ping();

struct ListeningSocket {
  int fd;
  std::string path;  // "@name" for an abstract address, as in ListenStream=; empty: it is no Unix socket with a name
};
// The socket that FileDescriptorName= calls `name`, or the only one that was handed over. Takes all of them out of the
// environment, so only the first call can find one: before any thread runs.
std::optional<ListeningSocket> inherited_socket(const std::string& name);

// Half of WATCHDOG_USEC, or nothing when systemd does not watch.
std::optional<Duration> watchdog_interval();

// Fields to journald when stderr is the journal (JOURNAL_STREAM), else null: keep the stderr sink.
std::shared_ptr<log::Sink> journal_sink();

}  // namespace vouchgate::service
