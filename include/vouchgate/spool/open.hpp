// Opens the SQLite spool and its disk thread. Never falls back to memory.
#pragma once

#include <memory>

#include "vouchgate/base/result.hpp"
#include "vouchgate/contract/clock.hpp"
#include "vouchgate/contract/spool.hpp"
#include "vouchgate/model/settings.hpp"

namespace vouchgate::spool {

struct Health {
  bool busy = false;
  Duration busy_for{};
};
class Disk : public Spool {
 public:
  virtual Health health() const = 0;  // any thread; for the watchdog
};

// Creates the directory's database when absent. `post` runs callbacks on the loop; the destructor commits what was
// appended and joins the disk thread. Errors: denied, unavailable, corrupt, busy (another process holds it).
Result<std::unique_ptr<Disk>> open(const SpoolSettings& settings, const Clock& clock, Post post);

}  // namespace vouchgate::spool
