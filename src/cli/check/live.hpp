// What the running daemon says of itself, and whether there is one. Never touches its key, its spool or its session.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "vouchgate/base/error.hpp"
#include "vouchgate/model/settings.hpp"

namespace vouchgate::cli::check {

struct Live {
  std::string state, endpoint, problem;  // of the session
  Duration since{}, next_try{};
  std::uint64_t connects = 0;
  std::string algorithm, holder, where;  // of the key; empty before it answered
  std::optional<Duration> valid_for;     // of the token
  std::string confidence, time_reason;
  std::string spool_state, spool_reason;
  std::uint64_t spool_bytes = 0, disk_free = 0;
  std::uint64_t stored = 0, accounted = 0, pending = 0, quarantined = 0;
};
// A field that an older daemon lacks reads as empty.
Live live_of(const nlohmann::json& status);

struct Daemon {
  enum class Is { stopped, running, mute } is = Is::stopped;
  std::optional<Live> live;  // running
  Error problem;             // mute: it runs, but does not answer us
  double rate = 0;           // running: messages stored a second, just now
};
const char* word(Daemon::Is is);

// Asks over the control socket, twice, two seconds apart.
Daemon find_daemon(const Settings& settings);

}  // namespace vouchgate::cli::check
