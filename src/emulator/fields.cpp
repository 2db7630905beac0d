// Typed access to a JSON object that collects complaints. Never converts one type into another.
#include "fields.hpp"

namespace vouchgate::emulator {

Fields::Fields(const Json& object, std::string where, std::vector<Error>& mistakes)
    : object_(object), where_(std::move(where)), mistakes_(mistakes) {
  if (!object_.is_object()) mistakes_.push_back({Code::invalid, "registry", where_, "is not an object", {}});
}

std::string Fields::path(const std::string& key) const { return where_.empty() ? key : where_ + "." + key; }

void Fields::mistake(const std::string& key, std::string reason, std::string hint) {
  mistakes_.push_back({Code::invalid, "registry", path(key), std::move(reason), std::move(hint)});
}

const Json* Fields::find(const std::string& key) {
  known_.insert(key);
  if (!object_.is_object()) return nullptr;
  const auto found = object_.find(key);
  return found == object_.end() ? nullptr : &*found;
}

std::optional<std::string> Fields::text(const std::string& key, bool required) {
  const Json* value = find(key);
  if (value != nullptr && value->is_string() && !(required && value->get_ref<const std::string&>().empty()))
    return value->get<std::string>();
  if (value != nullptr) mistake(key, value->is_string() ? "is empty" : "is not a string");
  if (value == nullptr && required && object_.is_object()) mistake(key, "is missing");
  return std::nullopt;
}

std::optional<bool> Fields::flag(const std::string& key) {
  const Json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  mistake(key, "is not true or false");
  return std::nullopt;
}

std::optional<std::int64_t> Fields::number(const std::string& key, std::int64_t low, std::int64_t high) {
  const Json* value = find(key);
  if (value == nullptr) return std::nullopt;
  const bool fits = value->is_number_integer() && !(value->is_number_unsigned() && value->get<std::uint64_t>() >> 62);
  if (fits && value->get<std::int64_t>() >= low && value->get<std::int64_t>() <= high)
    return value->get<std::int64_t>();
  mistake(key, "is not a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  return std::nullopt;
}

const Json* Fields::list(const std::string& key) {
  const Json* value = find(key);
  if (value == nullptr || value->is_array()) return value;
  mistake(key, "is not a list");
  return nullptr;
}

void Fields::finish() {
  if (!object_.is_object()) return;
  std::string words;
  for (const std::string& key : known_) words += (words.empty() ? "" : ", ") + key;
  for (const auto& [key, value] : object_.items())
    if (!known_.contains(key)) mistake(key, "unknown key", "known here: " + words);
}

}  // namespace vouchgate::emulator
