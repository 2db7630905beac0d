// Standard output as a terminal: its size, whether it takes colours, and a screen that is painted again in place.
// Leaves the terminal as it was, whatever ends the program short of SIGKILL.
#pragma once

#include <termios.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace vouchgate::cli {

struct TerminalSize {
  std::size_t columns = 80, rows = 24;
};
bool is_terminal();
TerminalSize terminal_size();  // 80x24 if it is none
// On a terminal only, and not with NO_COLOR (no-color.org) or TERM=dumb.
bool colours_wanted();

// As many lines of `text` as fit on `rows`, each to be painted over an older one without a flicker.
std::string frame(const std::string& text, std::size_t rows);

// The alternate screen, from construction to destruction. One at a time, on a terminal.
class LivePicture {
 public:
  LivePicture();
  ~LivePicture();
  LivePicture(const LivePicture&) = delete;
  LivePicture& operator=(const LivePicture&) = delete;

  bool show(const std::string& text);  // false: the terminal is gone
  // True after `longest`, and as soon as the size changed. False: 'q', ^C, SIGTERM or a hangup asks for the end.
  bool wait(std::chrono::milliseconds longest);

 private:
  bool wants_end();

  std::optional<termios> before_;  // of standard input, if it is a terminal
  int signals_ = -1;
};

}  // namespace vouchgate::cli
