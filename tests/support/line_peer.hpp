// A peer of a Unix line socket for tests that turn the loop themselves: no threads, no sleeps. Never waits without a
// deadline.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "vouchgate/base/asio.hpp"

namespace vouchgate::testing {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = "/tmp/vouchgate-test-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// Turns the loop until `done`, at most a minute, for loaded machines. False: the deadline passed.
inline bool turn_until(asio::io_context& loop, const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    if (loop.stopped()) loop.restart();
    loop.run_one_for(std::chrono::milliseconds(2));
  }
  return true;
}

class LinePeer {
 public:
  LinePeer(asio::io_context& loop, const std::string& path) : loop_(loop) {
    fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~LinePeer() { hang_up(); }
  LinePeer(const LinePeer&) = delete;
  LinePeer& operator=(const LinePeer&) = delete;

  bool connected() const { return connected_; }
  // False: the other side hung up, or took too little for a minute.
  bool say(std::string_view bytes) {
    return turn_until(loop_, [&] { return push(bytes) < 0 || bytes.empty(); }) && bytes.empty();
  }
  bool line(std::string_view text) { return say(std::string(text) + "\n"); }
  // As much as the socket takes now; how much that was, -1 when the other side is gone.
  ssize_t push(std::string_view& bytes) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN ? 0 : -1;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
    return sent;
  }
  // The next line, "<end>" at end of file or reset, "<nothing>" after a minute.
  std::string hear() {
    std::string line;
    const bool heard = turn_until(loop_, [&] { return take(line) || (pull() && take(line)) || ended_; });
    if (heard && line.empty() && ended_) return "<end>";
    return heard ? line : "<nothing>";
  }
  void stop_writing() { ::shutdown(fd_, SHUT_WR); }
  void hang_up() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  bool pull() {
    char buffer[65536];
    const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
    if (got > 0) input_.append(buffer, static_cast<std::size_t>(got));
    if (got == 0 || (got < 0 && errno != EAGAIN)) ended_ = true;
    return got > 0;
  }
  bool take(std::string& line) {
    const auto newline = input_.find('\n', begin_);
    if (newline == std::string::npos) {
      input_.erase(0, std::exchange(begin_, 0));
      return false;
    }
    line = input_.substr(begin_, newline - begin_);
    begin_ = newline + 1;
    return true;
  }

  asio::io_context& loop_;
  int fd_ = -1;
  bool connected_ = false, ended_ = false;
  std::string input_;
  std::size_t begin_ = 0;
};

}  // namespace vouchgate::testing
