// The only queue of the product, durable. Implementations: SQLite (spool room); a memory one in tests/support.
// Every callback runs on the loop thread. Loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "vouchgate/base/result.hpp"
#include "vouchgate/contract/clock.hpp"
#include "vouchgate/model/message.hpp"

namespace vouchgate {

using Seq = std::uint64_t;  // 1, 2, 3 ... over all devices, never reused, never 0

struct Record {
  Seq seq = 0;
  Message message;
  WallTime stored_at;
};

// What became of everything ever accepted:
// stored = delivered + pending + expired + dropped + discarded + quarantined.
struct Ledger {
  std::uint64_t stored = 0;
  std::uint64_t delivered = 0;
  std::uint64_t pending = 0;
  std::uint64_t expired = 0;      // older than spool.max_age
  std::uint64_t dropped = 0;      // made room for newer ones: spool.when_full drop-oldest
  std::uint64_t discarded = 0;    // taken out of quarantine by an operator, for good
  std::uint64_t quarantined = 0;  // in quarantine now
  std::uint64_t accounted() const { return delivered + pending + expired + dropped + discarded + quarantined; }
};

enum class SpoolState {
  ok,
  full,       // spool.max_bytes is reached
  disk_full,  // the file system has less than spool.min_free, or said ENOSPC
  read_only,  // the file system became read-only
  failed,     // any other failure of the last write
};
constexpr const char* word(SpoolState state) {
  switch (state) {
    case SpoolState::ok: return "ok";
    case SpoolState::full: return "full";
    case SpoolState::disk_full: return "disk-full";
    case SpoolState::read_only: return "read-only";
    case SpoolState::failed: return "failed";
  }
  return "";
}

struct SpoolUsage {
  std::uint64_t bytes = 0;  // payload and fixed cost of what is pending or in quarantine
  std::uint64_t max_bytes = 0;
  std::uint64_t disk_free = 0;  // of the file system, as of the last look; bytes
  SpoolState state = SpoolState::ok;
  std::string reason;  // one clause, empty when ok
  Ledger total;
  std::map<std::string, Ledger> by_device;
};

// A message that was taken out of its queue.
struct Quarantined {
  Record record;
  std::string reason;
  WallTime since;
};

// One device's ledger beside what is really there.
struct AuditLine {
  std::string device;
  Ledger ledger;
  std::uint64_t pending_found = 0, quarantined_found = 0;  // records counted on the disk
  std::uint64_t bytes = 0, bytes_found = 0;                // as booked, as counted
  bool adds_up() const {
    return ledger.stored == ledger.accounted() && ledger.pending == pending_found &&
           ledger.quarantined == quarantined_found && bytes == bytes_found;
  }
};

class Spool {
 public:
  using Stored = std::function<void(Result<Seq>)>;
  using Read = std::function<void(Result<std::vector<Record>>)>;
  using Done = std::function<void(Result<void>)>;

  virtual ~Spool() = default;
  // Calls `stored` after the record is on the disk (fsync), in the order of the appends. Errors: full (refused by
  // policy or disk), too_large, unavailable (disk failed; nothing was stored).
  virtual void append(Message message, Stored stored) = 0;
  // The oldest pending records of one device with seq > after, in order, at most `most` and about `most_bytes`.
  virtual void read(const DeviceId& device, Seq after, std::size_t most, std::size_t most_bytes, Read read) = 0;
  // Delivered: deleted with the next commit, not shown by any read() asked for from now on. Unknown numbers are
  // ignored.
  virtual void forget(std::vector<Seq> delivered) = 0;
  // Devices with pending records, and how many. For start-up.
  virtual void pending(std::function<void(Result<std::map<std::string, std::uint64_t>>)> done) = 0;

  // Out of the queue with the next commit, not shown by any read() asked for from now on; stays on the disk.
  virtual void quarantine(Seq seq, std::string reason) = 0;
  // In order of seq, from `after` on, at most `most`.
  virtual void quarantined(Seq after, std::size_t most, std::function<void(Result<std::vector<Quarantined>>)> done) = 0;
  // Back to the end of its device's queue, under a new seq; answers with the device. Error: not_found.
  virtual void retry(Seq seq, std::function<void(Result<DeviceId>)> done) = 0;
  // Deleted and counted as discarded. Error: not_found (only what is in quarantine can be discarded).
  virtual void discard(Seq seq, Done done) = 0;
  // Counts every record on the disk; reads the whole database.
  virtual void audit(std::function<void(Result<std::vector<AuditLine>>)> done) = 0;
  virtual SpoolUsage usage() const = 0;  // cheap; counts lag by at most one commit
};

}  // namespace vouchgate
