// The time in the verdict of the timekeeper's judge.
#include "clock_checks.hpp"

#include "vouchgate/base/spell.hpp"
#include "vouchgate/timekeeper/judge.hpp"

namespace vouchgate::cli::check {

Finding judge_clock(const TimeReport& report, WallTime now, Duration skew) {
  if (report.confidence == TimeConfidence::wrong)
    return failed(report.reason, "set it, see 'timedatectl'; the cloud refuses tokens more than " + spell(skew) +
                                     " off, so none is signed");
  return ok(timekeeper::utc(now));
}

Finding judge_synchronised(const TimeReport& report) {
  if (report.confidence == TimeConfidence::synchronised) return ok(report.reason);
  return warning("the kernel says unsynchronised",
                 "'timedatectl' tells why; enable systemd-timesyncd or chrony, and let NTP (UDP 123) through");
}

}  // namespace vouchgate::cli::check
