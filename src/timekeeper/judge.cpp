// The verdict and its one clause.
#include "vouchgate/timekeeper/judge.hpp"

#include <algorithm>
#include <ctime>

namespace vouchgate::timekeeper {
namespace {

constexpr auto skew = std::chrono::minutes(10);
constexpr auto year = std::chrono::hours(24 * 365);
constexpr int most_years = 10;

}  // namespace

std::string utc(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

TimeReport judge(const Evidence& e) {
  const auto wrong = [&](const std::string& why) { return TimeReport{TimeConfidence::wrong, utc(e.now) + ": " + why}; };
  if (e.now < e.built) return wrong("before this build");
  if (e.synchronised) return {TimeConfidence::synchronised, "the kernel says synchronised"};
  if (e.kept && e.now < *e.kept - skew) return wrong("before " + utc(*e.kept) + ", which this gateway has seen");
  if (e.chip && e.now < *e.chip - skew) return wrong("before " + utc(*e.chip) + ", by the TPM's clock");
  const WallTime newest = std::max({e.built, e.kept.value_or(e.built), e.chip.value_or(e.built)});
  if (e.now > newest + most_years * year)
    return wrong(std::to_string((e.now - newest) / year) +
                 " years after the last known time, and the kernel says "
                 "unsynchronised");
  return {TimeConfidence::plausible, "nothing contradicts it, and the kernel says unsynchronised"};
}

}  // namespace vouchgate::timekeeper
