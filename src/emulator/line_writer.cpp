// Gathers lines so that thousands a second cost few system calls. Never splits a line between two adds.
#include "line_writer.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace vouchgate::emulator {
namespace {

constexpr std::size_t large = 256 * 1024;  // bytes that are written without waiting for the next flush

}  // namespace

void LineWriter::add(std::string_view line) {
  if (broken_) return;
  buffer_ += line;
  buffer_ += '\n';
  if (buffer_.size() >= large) flush();
}

void LineWriter::flush() {
  std::size_t done = 0;
  while (done < buffer_.size() && !broken_) {
    const ssize_t count = ::write(descriptor_, buffer_.data() + done, buffer_.size() - done);
    if (count >= 0) {
      done += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN) {  // someone who shares the descriptor made it non-blocking
      pollfd ready{descriptor_, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      broken_ = true;
    }
  }
  buffer_.clear();
}

}  // namespace vouchgate::emulator
