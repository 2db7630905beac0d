// The last line of systemd-analyze security: "Overall exposure level for vouchgated.service: 1.9 OK".
#include "unit_checks.hpp"

#include <charconv>

namespace vouchgate::cli::check {
namespace {

constexpr int most_tenths = 20;  // what the unit file is shipped with stays below

}  // namespace

Finding judge_exposure(const Result<Printed>& printed) {
  if (!printed) return skipped("because systemd-analyze cannot be run here");
  if (printed->text.find("not found") != std::string::npos)
    return skipped("because vouchgated.service is not installed here");
  constexpr std::string_view mark = "Overall exposure level for ";
  const auto line = printed->text.find(mark);
  const auto colon = line == std::string::npos ? line : printed->text.find(": ", line);
  const char* const end = printed->text.data() + printed->text.size();
  int whole = 0;
  int tenth = 0;
  if (colon == std::string::npos) return skipped("because systemd-analyze says nothing of vouchgated.service");
  const auto [point, error] = std::from_chars(printed->text.data() + colon + 2, end, whole);
  if (error != std::errc{}) return skipped("because systemd-analyze says nothing of vouchgated.service");
  if (point != end && *point == '.') std::from_chars(point + 1, end, tenth);
  const std::string what = "vouchgated.service " + std::to_string(whole) + "." + std::to_string(tenth) + " of 10";
  if (10 * whole + tenth > most_tenths)
    return warning(what + ", as shipped it is below 2.0",
                   "'systemctl cat vouchgated' shows the drop-in that opens it; 'systemd-analyze security vouchgated' "
                   "what it opens");
  return ok(what);
}

}  // namespace vouchgate::cli::check
