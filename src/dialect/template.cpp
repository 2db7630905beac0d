// Expansion of {name} placeholders. Never expands a value again: braces in a value stay text.
#include "template.hpp"

#include "vouchgate/model/ids.hpp"

namespace vouchgate::dialect {

Result<std::string> expand(const std::string& key, std::string_view text, const Lookup& lookup) {
  const auto refuse = [&](std::string reason) {
    return fail(Code::invalid, key, "'" + printable(text) + "'", std::move(reason),
                "placeholders are {project} {region} {registry} {gateway} {device}");
  };
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto brace = text.find_first_of("{}", at);
    out += text.substr(at, brace - at);
    if (brace == std::string_view::npos) break;
    const auto end = text.find_first_of("{}", brace + 1);
    if (text[brace] == '}' || end == std::string_view::npos || text[end] == '{') return refuse("has a lone brace");
    const auto name = text.substr(brace + 1, end - brace - 1);
    const auto value = lookup(name);
    if (!value) return refuse("has the unknown placeholder {" + printable(name) + "}");
    if (value->empty()) return refuse("names {" + std::string(name) + "}, which is empty");
    out += *value;
    at = end + 1;
  }
  return out;
}

}  // namespace vouchgate::dialect
