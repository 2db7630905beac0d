// The table of dialects, the one place where a new one is entered. Never speaks any of them.
#include "vouchgate/dialect/dialect.hpp"

#include "iot_core.hpp"

namespace vouchgate::dialect {
namespace {

struct Row {
  std::string_view word;  // as cloud.dialect spells it
  Result<std::unique_ptr<Dialect>> (*make)(const CloudSettings&);
};
constexpr Row table[] = {{"iot-core", make_iot_core}};

}  // namespace

Result<std::unique_ptr<Dialect>> make(const CloudSettings& settings) {
  std::string known;
  for (const Row& row : table) {
    if (row.word == settings.dialect) return row.make(settings);
    known += (known.empty() ? "known: " : ", ") + std::string(row.word);
  }
  return fail(Code::unsupported, "cloud.dialect", "'" + printable(settings.dialect) + "'", "unknown dialect", known);
}

std::vector<std::string> words() {
  std::vector<std::string> out;
  for (const Row& row : table) out.emplace_back(row.word);
  return out;
}

}  // namespace vouchgate::dialect
