// Escapes as RFC 8259 section 7 asks and no more. Never emits a newline inside an object.
#include "vouchgate/base/json_text.hpp"

#include "vouchgate/base/bytes.hpp"

namespace vouchgate {
namespace {

void append_escaped(std::string& out, char c) {
  constexpr char digits[] = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\') {
    out += '\\';
    out += c;
  } else if (byte < 0x20) {
    out += "\\u00";
    out += digits[byte >> 4];
    out += digits[byte & 15];
  } else {
    out += c;
  }
}

}  // namespace

JsonLine::JsonLine(std::string_view op) : out_("{\"op\":\"") {
  out_ += op;
  out_ += '"';
}

void JsonLine::name(std::string_view key) {
  out_ += ",\"";
  out_ += key;
  out_ += "\":";
}

JsonLine& JsonLine::text(std::string_view key, std::string_view value) {
  const bool clean = is_utf8(value);
  name(key);
  out_ += '"';
  for (const char c : value) {
    if (clean || static_cast<unsigned char>(c) < 0x80)
      append_escaped(out_, c);
    else
      out_ += "\xef\xbf\xbd";
  }
  out_ += '"';
  return *this;
}

JsonLine& JsonLine::number(std::string_view key, std::uint64_t value) {
  name(key);
  out_ += std::to_string(value);
  return *this;
}

JsonLine& JsonLine::flag(std::string_view key, bool value) {
  name(key);
  out_ += value ? "true" : "false";
  return *this;
}

std::string JsonLine::str() {
  out_ += '}';
  return std::move(out_);
}

}  // namespace vouchgate
