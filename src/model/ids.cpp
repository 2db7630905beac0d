// Checks of device ids and subfolders. Never repairs a bad name.
#include "vouchgate/model/ids.hpp"

namespace vouchgate {
namespace {

constexpr std::string_view alphabet_hint = "use letters, digits and - . _ ~ %";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool in_alphabet(char c) {
  return is_letter(c) || is_digit(c) || std::string_view("-._~%").find(c) != std::string_view::npos;
}

// Why this level of a topic is not usable, or empty.
std::string complaint(std::string_view level) {
  for (const char c : level) {
    if (in_alphabet(c)) continue;
    if (c == '/' || c == '+' || c == '#') return std::string("has '") + c + "', which a topic cannot carry";
    if (c == '\0') return "has a NUL byte, which a topic cannot carry";
    return "has '" + printable({&c, 1}) + "', which a topic cannot carry";
  }
  if (level.find("..") != std::string_view::npos) return "has '..'";
  return {};
}

}  // namespace

std::string printable(std::string_view text) {
  constexpr std::size_t most = 80;
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    if (out.size() >= most) return out + "...";
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      out += c;
    } else {
      out += "\\x";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
  return out;
}

Result<DeviceId> DeviceId::parse(std::string_view text) {
  const auto refuse = [&](std::string reason) {
    return fail(Code::invalid, "device", "'" + printable(text) + "'", std::move(reason), std::string(alphabet_hint));
  };
  if (text.size() < 3 || text.size() > 255)
    return refuse("has " + std::to_string(text.size()) + " characters; 3 to 255 are allowed");
  if (auto reason = complaint(text); !reason.empty()) return refuse(std::move(reason));
  if (!is_letter(text.front())) return refuse("does not start with a letter");
  if (text.starts_with("goog")) return refuse("starts with 'goog', which the cloud reserves");
  return DeviceId(std::string(text));
}

Result<Subfolder> Subfolder::parse(std::string_view text) {
  const auto refuse = [&](std::string reason) {
    return fail(Code::invalid, "subfolder", "'" + printable(text) + "'", std::move(reason), std::string(alphabet_hint));
  };
  if (text.empty()) return Subfolder();
  if (text.size() > 256) return refuse("has " + std::to_string(text.size()) + " bytes; at most 256 are allowed");
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('/', begin), text.size());
    const auto level = text.substr(begin, end - begin);
    if (level.empty()) return refuse("has an empty level");
    if (auto reason = complaint(level); !reason.empty()) return refuse(std::move(reason));
    begin = end + 1;
  }
  return Subfolder(std::string(text));
}

}  // namespace vouchgate
