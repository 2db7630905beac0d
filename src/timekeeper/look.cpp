// adjtimex(2) and the file of the kept time. Never decides; the judge does.
#include "vouchgate/timekeeper/look.hpp"

#include <sys/timex.h>

#include "kept_time.hpp"

namespace vouchgate::timekeeper {

// With modes 0 adjtimex(2) only reads. TIME_ERROR is what the kernel answers while nobody disciplines the clock.
bool kernel_says_synchronised() {
  timex state{};
  const int answer = ::adjtimex(&state);
  return answer >= 0 && answer != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

Evidence look(const std::string& path, WallTime now, WallTime built) {
  Evidence out{now, built, std::nullopt, std::nullopt, kernel_says_synchronised()};
  if (const auto kept = read_kept(path)) out.kept = kept->wall;
  return out;
}

}  // namespace vouchgate::timekeeper
