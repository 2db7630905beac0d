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

// What became of everything ever accepted: stored = delivered + pending + expired + dropped + quarantined.
struct Ledger {
  std::uint64_t stored = 0;
  std::uint64_t delivered = 0;
  std::uint64_t pending = 0;
  std::uint64_t expired = 0;
  std::uint64_t dropped = 0;
  std::uint64_t quarantined = 0;
};

struct SpoolUsage {
  std::uint64_t bytes = 0;  // payload and fixed cost of what is pending
  std::uint64_t max_bytes = 0;
  Ledger total;
  std::map<std::string, Ledger> by_device;
};

class Spool {
 public:
  using Stored = std::function<void(Result<Seq>)>;
  using Read = std::function<void(Result<std::vector<Record>>)>;

  virtual ~Spool() = default;
  // Calls `stored` after the record is on the disk (fsync), in the order of the appends. Errors: full (refused by
  // policy or disk), too_large, unavailable (disk failed; nothing was stored).
  virtual void append(Message message, Stored stored) = 0;
  // The oldest pending records of one device with seq > after, in order, at most `most` and about `most_bytes`.
  virtual void read(const DeviceId& device, Seq after, std::size_t most, std::size_t most_bytes, Read read) = 0;
  // Delivered: deleted with the next commit. Unknown sequence numbers are ignored.
  virtual void forget(std::vector<Seq> delivered) = 0;
  // Devices with pending records, and how many. For start-up.
  virtual void pending(std::function<void(Result<std::map<std::string, std::uint64_t>>)> done) = 0;
  virtual SpoolUsage usage() const = 0;  // cheap; counts lag by at most one commit
};

}  // namespace vouchgate
