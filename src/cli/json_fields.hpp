// Reads an answer of the daemon field by field. A newer or older daemon may lack a field: it reads as empty or zero.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace vouchgate::cli {

inline std::string text(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}
inline bool has(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number();
}
inline std::uint64_t number(const nlohmann::json& object, const char* key) {
  return has(object, key) ? object.find(key)->get<std::uint64_t>() : 0;
}
// An object or an array; an empty object when there is none.
inline const nlohmann::json& part(const nlohmann::json& object, const char* key) {
  static const nlohmann::json nothing = nlohmann::json::object();
  const auto found = object.find(key);
  return found != object.end() && (found->is_object() || found->is_array()) ? *found : nothing;
}

}  // namespace vouchgate::cli
