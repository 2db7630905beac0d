// Strict reading of one JSON object: every key is wanted and of its type, all mistakes are kept. Never stops at the
// first.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "strict_json.hpp"
#include "vouchgate/base/error.hpp"

namespace vouchgate::emulator {

class Fields {
 public:
  // where: the path of the object, e.g. "devices[3]"; mistakes outlives this.
  Fields(const Json& object, std::string where, std::vector<Error>& mistakes);

  const Json* find(const std::string& key);  // marks the key as known
  std::optional<std::string> text(const std::string& key, bool required = false);
  std::optional<bool> flag(const std::string& key);
  std::optional<std::int64_t> number(const std::string& key, std::int64_t low, std::int64_t high);
  const Json* list(const std::string& key);
  void mistake(const std::string& key, std::string reason, std::string hint = {});
  void finish();  // complains about every key nobody asked for
  std::string path(const std::string& key) const;

 private:
  const Json& object_;
  std::string where_;
  std::vector<Error>& mistakes_;
  std::set<std::string> known_;
};

}  // namespace vouchgate::emulator
