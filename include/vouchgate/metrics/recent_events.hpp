// The last log lines, for the status page. Passes every line on to where it went before; never changes one.
#pragma once

#include <memory>
#include <string>

#include "vouchgate/base/log.hpp"
#include "vouchgate/contract/clock.hpp"

namespace vouchgate::metrics {

class RecentEvents {
 public:
  // Stands in front of the log's sink until its end. Made and destroyed while no other thread logs.
  explicit RecentEvents(const Clock& clock);
  ~RecentEvents();
  RecentEvents(const RecentEvents&) = delete;
  RecentEvents& operator=(const RecentEvents&) = delete;

  // Newest last, at most 50: [{"age_s":3,"level":"notice","name":"session_up","text":"..."}]. Any thread.
  std::string json() const;

 private:
  class Tee;
  const Clock& clock_;
  std::shared_ptr<Tee> tee_;
};

}  // namespace vouchgate::metrics
