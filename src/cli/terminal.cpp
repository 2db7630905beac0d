// ECMA-48 and xterm's alternate screen, termios(3), signalfd(2).
#include "terminal.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>

namespace vouchgate::cli {
namespace {

constexpr std::string_view enter = "\x1b[?1049h\x1b[?25l";  // alternate screen, no cursor
constexpr std::string_view leave = "\x1b[?25h\x1b[?1049l";
constexpr std::string_view home = "\x1b[H", erase_line = "\x1b[K", erase_below = "\x1b[J";

// One write: the terminal never shows half a picture.
bool put(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    if (written < 0 && errno != EINTR) return false;
  }
  return true;
}

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH}) sigaddset(&set, number);
  return set;
}

}  // namespace

bool is_terminal() { return ::isatty(STDOUT_FILENO) != 0; }

TerminalSize terminal_size() {
  winsize found{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &found) != 0 || found.ws_col == 0 || found.ws_row == 0) return {};
  return {found.ws_col, found.ws_row};
}

bool colours_wanted() {
  const auto value = [](const char* name) {
    const char* found = std::getenv(name);
    return std::string_view(found == nullptr ? "" : found);
  };
  return is_terminal() && value("NO_COLOR").empty() && value("TERM") != "dumb";
}

std::string frame(const std::string& text, std::size_t rows) {
  std::string out(home);
  std::size_t row = 0;
  for (std::size_t at = 0; at < text.size() && row < rows; ++row) {
    const auto end = text.find('\n', at);
    if (row > 0) out += "\r\n";  // none behind the last line: it would scroll
    out += text.substr(at, end == std::string::npos ? end : end - at);
    out += erase_line;
    at = end == std::string::npos ? text.size() : end + 1;
  }
  return out.append(erase_below);
}

LivePicture::LivePicture() {
  const sigset_t set = watched();
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  signals_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (termios now{}; ::tcgetattr(STDIN_FILENO, &now) == 0) {
    before_ = now;
    now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    now.c_cc[VSUSP] = _POSIX_VDISABLE;  // ^Z would leave the shell on our screen
    ::tcsetattr(STDIN_FILENO, TCSANOW, &now);
  }
  put(enter);
}

LivePicture::~LivePicture() {
  put(leave);
  if (before_) ::tcsetattr(STDIN_FILENO, TCSANOW, &*before_);
  ::close(signals_);
  // The signal mask stays: what asked for the end must not kill us while we leave.
}

bool LivePicture::show(const std::string& text) { return put(frame(text, terminal_size().rows)); }

bool LivePicture::wait(std::chrono::milliseconds longest) {
  pollfd entries[] = {{signals_, POLLIN, 0}, {before_ ? STDIN_FILENO : -1, POLLIN, 0}};
  if (::poll(entries, 2, static_cast<int>(longest.count())) <= 0) return true;
  if (entries[0].revents != 0 && wants_end()) return false;
  if (entries[1].revents == 0) return true;
  char key = 0;
  const ssize_t got = ::read(STDIN_FILENO, &key, 1);
  return !(got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN) || key == 'q' || key == 'Q');
}

bool LivePicture::wants_end() {
  bool end = false;
  for (signalfd_siginfo one{}; ::read(signals_, &one, sizeof one) == static_cast<ssize_t>(sizeof one);)
    end = end || one.ssi_signo != SIGWINCH;
  return end;
}

}  // namespace vouchgate::cli
