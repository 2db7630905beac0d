// The command's end of the daemon's control socket: lines out, lines in, always with a deadline. Never starts a daemon.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "vouchgate/base/result.hpp"

namespace vouchgate::cli {

class ControlClient {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  // Errors: unavailable (no daemon answers), denied, invalid (path too long).
  static Result<ControlClient> connect(const std::string& path);
  ControlClient(ControlClient&& other) noexcept;
  ControlClient& operator=(ControlClient&&) = delete;
  ControlClient(const ControlClient&) = delete;
  ControlClient& operator=(const ControlClient&) = delete;
  ~ControlClient();

  // Errors: unavailable (the daemon went away), timeout (it reads nothing for ten seconds).
  Result<void> send(std::string_view line);
  // The next line; nullopt when the deadline passes first. nullopt as deadline waits for ever. Error: unavailable.
  Result<std::optional<std::string>> receive(std::optional<Deadline> deadline);
  // One request, one answer. An answer {"op":"error"} comes back as an Error. Error: timeout.
  Result<std::string> ask(std::string_view line, std::chrono::seconds patience = std::chrono::seconds(10));

 private:
  explicit ControlClient(int fd) : fd_(fd) {}
  Result<bool> wait(short events, std::optional<Deadline> deadline) const;

  int fd_ = -1;
  std::string input_;
  std::size_t scanned_ = 0, begin_ = 0;
};

// The Error that an {"op":"error"} line carries, nullopt for any other line.
std::optional<Error> error_of(std::string_view line);

}  // namespace vouchgate::cli
