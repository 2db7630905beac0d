// clock.sane, clock.synchronised. Pure: facts in, findings out.
#pragma once

#include "finding.hpp"
#include "vouchgate/contract/clock.hpp"

namespace vouchgate::cli::check {

Finding judge_clock(const TimeReport& report, WallTime now, Duration skew);
Finding judge_synchronised(const TimeReport& report);

}  // namespace vouchgate::cli::check
