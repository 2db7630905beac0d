// What the reference page, the schema and the manual page share: each key as texts. Never knows how a form is laid out.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "units.hpp"
#include "visitor.hpp"

namespace vouchgate::config {

// What every form needs of a key, whatever its type.
struct Key {
  std::string name, type, initial, range, help;
  std::string schema;  // members of its JSON Schema, without help
};

inline std::string json(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

class Describer : public Visitor {
 public:
  virtual void key(const Key& key) = 0;

  void text(const char* key_name, std::string& value, const char* help) override {
    key({key_name, "text", print_text(value), "", help, R"("type": "string")"});
  }
  void word(const char* key_name, std::string& value, const std::vector<std::string>& words,
            const char* help) override {
    std::string range;
    std::string options;
    for (const std::string& word : words) {
      range += (range.empty() ? "" : ", ") + word;
      options += (options.empty() ? "" : ", ") + json(word);
    }
    key({key_name, "word", value, range, help, R"("enum": [)" + options + "]"});
  }
  void duration(const char* key_name, Duration& value, DurationRange range, const char* help) override {
    key({key_name, "duration", print_duration(value), print_duration(range.least) + " to " + print_duration(range.most),
         help, R"("type": "string", "pattern": "^[0-9]+(ms|s|m|h|d)$")"});
  }
  void number(const char* key_name, std::uint64_t& value, NumberRange range, Style style, const char* help) override {
    const char* type = style == Style::bytes ? "size" : style == Style::octal_text ? "octal text" : "number";
    const char* schema = style == Style::bytes        ? R"("type": "string", "pattern": "^[0-9]+(B|KiB|MiB|GiB)$")"
                         : style == Style::octal_text ? R"("type": "string", "pattern": "^[0-7]+$")"
                                                      : R"("type": "integer")";
    std::string limits;
    if (style == Style::decimal || style == Style::hexadecimal || style == Style::i2c_address)
      limits = ", \"minimum\": " + std::to_string(range.least) + ", \"maximum\": " + std::to_string(range.most);
    key({key_name, type, print_number(value, style),
         print_number(range.least, style) + " to " + print_number(range.most, style), help, schema + limits});
  }
  void texts(const char* key_name, std::vector<std::string>&, const char* help) override {
    key({key_name, "list of texts", "[]", "", help, R"("type": "array", "items": {"type": "string"})"});
  }
  void text_map(const char* key_name, std::map<std::string, std::string>&, const char* help) override {
    key({key_name, "texts by name", "{}", "", help, R"("type": "object", "additionalProperties": {"type": "string"})"});
  }
};

// The words of the shipped program, whatever a caller's vocabulary is.
inline Words shipped_words() { return {{"tpm", "atecc608", "file"}, {"iot-core"}}; }

}  // namespace vouchgate::config
