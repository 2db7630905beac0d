// Longest names first; addresses by their form.
#include "disguise.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

namespace vouchgate::cli::diag {
namespace {

using Json = nlohmann::ordered_json;

bool is_alnum(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }
bool stands_alone(std::string_view text, std::size_t at, std::size_t size) {
  return (at == 0 || !is_alnum(text[at - 1])) && (at + size == text.size() || !is_alnum(text[at + size]));
}
bool is_address_character(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0 || c == '.' || c == ':'; }

bool is_address(const std::string& text) {
  unsigned char out[16];
  return ::inet_pton(AF_INET, text.c_str(), out) == 1 || ::inet_pton(AF_INET6, text.c_str(), out) == 1;
}
bool is_own(const std::string& address) {
  return address.starts_with("127.") || address == "0.0.0.0" || address == "::1" || address == "::";
}

}  // namespace

void Disguise::add(const std::string& kind, const std::string& name) {
  if (name.empty() || names_.contains(name) || name == "localhost" || is_address(name)) return;
  names_[name] = kind + "-" + std::to_string(++counts_[kind]);
}

std::string Disguise::address(const std::string& address) {
  if (is_own(address)) return address;
  auto& name = names_[address];
  if (name.empty()) name = "address-" + std::to_string(++counts_["address"]);
  return name;
}

// At each place the longest name that stands there: what was put in is not looked at again. A gateway may have ten
// thousand names, but they have few lengths.
std::string Disguise::known(std::string_view text) const {
  std::set<std::size_t, std::greater<>> lengths;
  for (const auto& [name, other] : names_) lengths.insert(name.size());
  const auto name_at = [&](std::size_t at) {
    for (const std::size_t length : lengths) {
      const auto found = at + length <= text.size() && stands_alone(text, at, length)
                             ? names_.find(text.substr(at, length))
                             : names_.end();
      if (found != names_.end()) return found;
    }
    return names_.end();
  };
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto found = name_at(at);
    out += found == names_.end() ? text.substr(at, 1) : std::string_view(found->second);
    at += found == names_.end() ? 1 : found->first.size();
  }
  return out;
}

std::string Disguise::text(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    const bool begins = at == 0 || !is_alnum(text[at - 1]);
    while (begins && end < text.size() && is_address_character(text[end])) ++end;
    std::string run(text.substr(at, end - at));
    while (!run.empty() && !is_address(run) && (run.back() == '.' || run.back() == ':')) run.pop_back();
    // "10.0.0.7:8883"
    if (const auto colon = run.find(':'); colon != std::string::npos && is_address(run.substr(0, colon)))
      run.resize(colon);
    const bool found = is_address(run) && stands_alone(text, at, run.size());
    out += found ? address(run) : std::string(text.substr(at, 1));
    at += found ? run.size() : 1;
  }
  return known(out);
}

std::string Disguise::document(const std::string& text) {
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_structured()) return this->text(text);
  const std::function<void(Json&)> walk = [&](Json& value) {
    if (value.is_string()) value = this->text(value.get<std::string>());
    if (value.is_structured())
      for (auto& inner : value) walk(inner);
  };
  walk(json);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace vouchgate::cli::diag
