// The raw strings of one line, read by nlohmann's SAX parser. Never builds a tree, never follows deep nesting.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "vouchgate/base/result.hpp"

namespace vouchgate::ingress {

enum class Key : std::size_t { op, id, device, subfolder, data, data_b64, ack, authorization };
constexpr std::array<std::string_view, 8> key_words = {"op",   "id",       "device", "subfolder",
                                                       "data", "data_b64", "ack",    "authorization"};

struct Fields {
  std::array<std::optional<std::string>, key_words.size()> values;
  const std::optional<std::string>& operator[](Key key) const { return values[static_cast<std::size_t>(key)]; }
  std::optional<std::string>& operator[](Key key) { return values[static_cast<std::size_t>(key)]; }
};

// What could be read is in `fields` even when an error is returned. Error: invalid.
Result<void> read_fields(std::string_view text, Fields& fields);

}  // namespace vouchgate::ingress
