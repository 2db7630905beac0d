// `vouchgate send`: one message or a stream of them through the running daemon. Never loses count.
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>

#include "control_client.hpp"

namespace vouchgate::cli {

struct SendOptions {
  std::string device, subfolder;
  bool state = false;
  bool until_delivered = true;  // else stored is enough
  bool json = false;
  std::chrono::milliseconds timeout = std::chrono::seconds(30);  // without any progress
  double rate = 0;                                               // messages a second, 0 = as fast as it goes
};

// Sends `payload`, prints each answer to `out`. Errors: what the daemon refused, timeout (stored, but not delivered).
Result<void> send_one(ControlClient& daemon, const SendOptions& options, std::string_view payload, std::ostream& out);

// Each line of `in` is a message; at most 500 are unanswered. Prints a summary. Error: not all got there.
Result<void> send_lines(ControlClient& daemon, const SendOptions& options, std::istream& in, std::ostream& out);

}  // namespace vouchgate::cli
