// Parses JSON and refuses duplicate keys, which the library would silently merge. Never throws.
#include "strict_json.hpp"

#include <set>
#include <vector>

namespace vouchgate::emulator {

std::optional<Json> parse_json(std::string_view text, std::string& why) {
  std::vector<std::set<std::string>> open;  // the keys seen in each object that is still open
  std::string twice;
  const auto watch = [&](int, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::object_start) open.emplace_back();
    if (event == Json::parse_event_t::object_end) open.pop_back();
    if (event == Json::parse_event_t::key && !open.back().insert(value.get<std::string>()).second)
      twice = value.get<std::string>();
    return true;
  };
  try {
    Json value = Json::parse(text, watch);
    if (twice.empty()) return value;
    why = "key '" + twice + "' is given twice";
  } catch (const Json::exception& error) {
    why = error.what();
  }
  return std::nullopt;
}

}  // namespace vouchgate::emulator
