// systemd: readiness, STATUS=, watchdog, the journal as a log sink. Outside systemd every call does nothing.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "vouchgate/base/log.hpp"
#include "vouchgate/contract/clock.hpp"

namespace vouchgate::service {

void ready(const std::string& status);
void status(const std::string& sentence);
void stopping(const std::string& status);
void watchdog_ping();
// Half of WATCHDOG_USEC, or nothing when systemd does not watch.
std::optional<Duration> watchdog_interval();

// Fields to journald when stderr is the journal (JOURNAL_STREAM), else null: keep the stderr sink.
std::shared_ptr<log::Sink> journal_sink();

}  // namespace vouchgate::service
