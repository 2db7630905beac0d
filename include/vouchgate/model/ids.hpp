// Names that are safe to put into an MQTT topic, checked once at the edge. Never talks to anything.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "vouchgate/base/result.hpp"

namespace vouchgate {

// A device id as the registry spells it: 3 to 255 characters, a letter first, then letters, digits and - . _ ~ %
// (the published alphabet less '+', which MQTT 3.1.1 section 4.7 reserves), not starting with "goog", no "..".
class DeviceId {
 public:
  static Result<DeviceId> parse(std::string_view text);  // Code::invalid, subject = the offending text, made printable
  const std::string& str() const { return text_; }
  auto operator<=>(const DeviceId&) const = default;

 private:
  explicit DeviceId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// What follows events/ or commands/: up to 256 bytes, levels separated by single '/', each level in the device-id
// alphabet (a digit may come first). Empty = none.
class Subfolder {
 public:
  Subfolder() = default;
  static Result<Subfolder> parse(std::string_view text);
  const std::string& str() const { return text_; }
  bool empty() const { return text_.empty(); }
  auto operator<=>(const Subfolder&) const = default;

 private:
  explicit Subfolder(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// text with every byte outside printable ASCII as \xNN, cut at 80 characters: safe for a log line or an error.
std::string printable(std::string_view text);

}  // namespace vouchgate

template <>
struct std::hash<vouchgate::DeviceId> {
  std::size_t operator()(const vouchgate::DeviceId& id) const noexcept { return std::hash<std::string>{}(id.str()); }
};
