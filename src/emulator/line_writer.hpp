// Buffered lines to a file descriptor: a slow reader slows the writer, no line is lost. Never closes the descriptor.
#pragma once

#include <string>
#include <string_view>

namespace vouchgate::emulator {

class LineWriter {
 public:
  explicit LineWriter(int descriptor) : descriptor_(descriptor) {}
  void add(std::string_view line);
  void flush();  // blocks until everything is written; a reader that is gone ends the output for good
  bool broken() const { return broken_; }

 private:
  int descriptor_;
  bool broken_ = false;
  std::string buffer_;
};

}  // namespace vouchgate::emulator
