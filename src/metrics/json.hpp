// JSON as the status page reads it: one line, keys in the order they were written. Never parses.
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace vouchgate::metrics {

using Json = nlohmann::ordered_json;

// Bytes that are not UTF-8 become U+FFFD.
inline std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

template <class Span>
std::int64_t whole_seconds(Span span) {
  return std::chrono::duration_cast<std::chrono::seconds>(span).count();
}

}  // namespace vouchgate::metrics
