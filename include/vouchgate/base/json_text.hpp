// Writes one JSON object on one line, field by field. Never parses, never nests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vouchgate {

// JsonLine("stored").text("id", "a1").number("seq", 57).str()  ->  {"op":"stored","id":"a1","seq":57}
class JsonLine {
 public:
  explicit JsonLine(std::string_view op);
  JsonLine& text(std::string_view key, std::string_view value);  // bytes that are not UTF-8 become U+FFFD
  JsonLine& text_if_any(std::string_view key, std::string_view value) {
    return value.empty() ? *this : text(key, value);
  }
  JsonLine& number(std::string_view key, std::uint64_t value);
  JsonLine& flag(std::string_view key, bool value);
  std::string str();  // once

 private:
  void name(std::string_view key);
  std::string out_;
};

}  // namespace vouchgate
