// Opens the SQLite spool and its disk thread. Never falls back to memory.
#pragma once

#include <memory>
#include <string>

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
  // Where open() moved a damaged database, empty as a rule. Its messages are in that file, not in this spool.
  virtual std::string set_aside() const = 0;
};

// Creates the directory's database when absent; a damaged one is renamed, reported as an event, and a new one started.
// `post` runs callbacks on the loop and may still be called by the destructor, which commits what was appended and
// joins the disk thread. Errors: denied, full, unavailable, mismatch (layout of a newer version), busy (another
// process holds it).
Result<std::unique_ptr<Disk>> open(const SpoolSettings& settings, const Clock& clock, Post post);

}  // namespace vouchgate::spool
