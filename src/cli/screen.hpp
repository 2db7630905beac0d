// Rows of text within a width, in colours where a terminal shows them. Pure: never asks a terminal, never lets a
// control character through.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace vouchgate::cli {

enum class Tone { plain, label, good, warn, bad };

struct Piece {
  std::string text;
  Tone tone = Tone::plain;
};

std::string painted(const std::string& text, Tone tone, bool colours);  // with ECMA-48 colours, or as it is
// Columns that UTF-8 text takes; one for each character, which holds for everything that the product prints.
std::size_t columns(const std::string& text);

class Screen {
 public:
  // Narrower than 40 columns is laid out as 40.
  Screen(std::size_t width, bool colours);
  // The label, then the pieces with " · " between them, wrapped below each other. Without a label they begin at the
  // margin.
  void row(const std::string& label, const std::vector<Piece>& pieces);
  // One line each, cut at the width with an ellipsis.
  void lines(const std::string& label, const std::vector<Piece>& each);
  const std::string& text() const { return out_; }

 private:
  void put(const std::string& text, Tone tone);
  void words(const Piece& piece, std::size_t margin);
  void begin(const std::string& label);
  void end_line(std::size_t margin);

  const std::size_t width_;
  const bool colours_;
  std::string out_;
  std::size_t column_ = 0;
};

}  // namespace vouchgate::cli
