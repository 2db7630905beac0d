// Greedy wrapping: a piece stays whole if it fits on a line of its own.
#include "screen.hpp"

#include <algorithm>
#include <sstream>

namespace vouchgate::cli {
namespace {

constexpr std::size_t label_width = 12, least_width = 40;

// Strings come from the cloud and from a daemon that may be anybody's: none of them may move a cursor (ECMA-48, C0 and
// C1 controls).
std::string clean(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool c1 = byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (c1) ++i;
    out += byte < 0x20 || byte == 0x7F || c1 ? '?' : text[i];
  }
  return out;
}

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

// The first `most` characters.
std::string head(const std::string& text, std::size_t most) {
  std::size_t at = 0;
  for (std::size_t seen = 0; at < text.size(); ++at)
    if (begins_character(text[at]) && seen++ == most) break;
  return text.substr(0, at);
}

}  // namespace

std::size_t columns(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
}

std::string painted(const std::string& text, Tone tone, bool colours) {
  const char* code = nullptr;
  switch (tone) {
    case Tone::plain: break;
    case Tone::label: code = "\x1b[2m"; break;
    case Tone::good: code = "\x1b[32m"; break;
    case Tone::warn: code = "\x1b[33m"; break;
    case Tone::bad: code = "\x1b[1;31m"; break;
  }
  return colours && code != nullptr ? code + text + "\x1b[0m" : text;
}

Screen::Screen(std::size_t width, bool colours) : width_(std::max(width, least_width)), colours_(colours) {}

void Screen::put(const std::string& text, Tone tone) {
  out_ += painted(text, tone, colours_);
  column_ += columns(text);
}

void Screen::end_line(std::size_t margin) {
  out_ += '\n' + std::string(margin, ' ');
  column_ = margin;
}

void Screen::begin(const std::string& label) {
  column_ = 0;
  if (label.empty()) return;
  put(label, Tone::label);
  out_ += std::string(label_width - column_, ' ');
  column_ = label_width;
}

void Screen::words(const Piece& piece, std::size_t margin) {
  std::istringstream all(piece.text);
  for (std::string word; all >> word;) {
    const bool first = column_ == margin;
    if (!first && column_ + 1 + columns(word) > width_) end_line(margin);
    if (column_ > margin) put(" ", Tone::plain);
    for (; columns(word) > width_ - margin; end_line(margin)) {
      const std::string part = head(word, width_ - margin);
      put(part, piece.tone);
      word.erase(0, part.size());
    }
    put(word, piece.tone);
  }
}

void Screen::row(const std::string& label, const std::vector<Piece>& pieces) {
  static const std::string between = " · ";
  begin(label);
  const std::size_t margin = label.empty() ? 0 : label_width;
  for (const Piece& raw : pieces) {
    const Piece piece{clean(raw.text), raw.tone};
    const std::size_t size = columns(piece.text);
    if (column_ > margin && column_ + columns(between) + size <= width_) {
      put(between, Tone::label);
      put(piece.text, piece.tone);
      continue;
    }
    if (column_ > margin) end_line(margin);
    if (column_ + size <= width_)
      put(piece.text, piece.tone);
    else
      words(piece, margin);
  }
  out_ += '\n';
}

void Screen::lines(const std::string& label, const std::vector<Piece>& each) {
  begin(label);
  for (std::size_t i = 0; i < each.size(); ++i) {
    if (i > 0) end_line(label_width);
    const std::string text = clean(each[i].text);
    const std::size_t room = width_ - column_;
    put(columns(text) <= room ? text : head(text, room - 1) + "…", each[i].tone);
  }
  out_ += '\n';
}

}  // namespace vouchgate::cli
