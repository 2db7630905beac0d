// The tables and their transactions. One thread at a time. Never calls back and never keeps a message in memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "books.hpp"
#include "database.hpp"
#include "vouchgate/contract/clock.hpp"
#include "vouchgate/contract/spool.hpp"

namespace vouchgate::spool {

struct StoreSettings {
  std::string path;  // of the database file
  std::uint64_t max_device_bytes = 0;
  Duration max_age{};
  bool drop_oldest = false;
  WallTime earliest;  // a clock before it is wrong: nothing expires by it, and times it gave are not believed
};

struct Withdrawal {
  Seq seq;
  std::string reason;
};
struct Changes {
  std::span<const Message* const> appends;
  std::span<const Seq> delivered;
  std::span<const Withdrawal> withdrawn;  // to quarantine
  WallTime now;
  bool expire = false;          // also look for what is over its age
  std::uint64_t max_bytes = 0;  // with drop_oldest: at most this much may be kept; reached over several commits if far
};

struct Committed {
  Seq first = 0;      // of the appends, which are numbered without a gap
  bool more = false;  // to expire or to drop: commit again soon
};

class Store {
 public:
  // first_seq: where a database that is created now begins to count. thorough: reads the whole file for damage.
  // Errors: denied, corrupt, mismatch (a newer layout), full, unavailable.
  static Result<std::unique_ptr<Store>> open(StoreSettings settings, Seq first_seq, bool thorough);
  ~Store();

  // All of it or nothing, and on the disk when this returns. A failed commit leaves the store usable: the next call
  // tries again, on a fresh connection if the disk may have lost writes.
  Result<Committed> commit(const Changes& changes);
  // As Spool::read; records in `hidden` count as gone. Records that do not check are moved aside by the next commit.
  Result<std::vector<Record>> read(const DeviceId& device, Seq after, std::size_t most, std::size_t most_bytes,
                                   const std::unordered_set<Seq>& hidden);
  Result<std::vector<Quarantined>> quarantined(Seq after, std::size_t most, std::size_t most_bytes);
  // Each a transaction of its own. Errors: not_found, mismatch (its checksum: cannot be retried), or as commit().
  Result<DeviceId> retry(Seq seq, WallTime now);
  Result<void> discard(Seq seq);
  // `progress` is called now and then: it takes as long as reading the whole file.
  Result<std::vector<AuditLine>> audit(const std::function<void()>& progress);
  void shrink();         // gives back to the file system what a backlog left free, once little else is in the file
  std::uint64_t room();  // bytes of the file that hold nothing
  Result<void> probe();  // a write that changes nothing, to learn whether the disk takes writes
  std::vector<Seq> newly_damaged() { return std::exchange(newly_damaged_, {}); }  // what reads found since last asked
  const Books& books() const { return books_; }
  bool reloaded();  // true once after the books were read anew from the disk
  const std::vector<std::int64_t>& changed() const { return changed_; }  // accounts, by the last commit

 private:
  struct Statements;
  struct Overdue {
    std::vector<Seq> expired, undated;
    std::vector<Seq> kept_expired, kept_undated;  // in quarantine
    bool more = false;
    bool none() const { return expired.empty() && undated.empty() && kept_expired.empty() && kept_undated.empty(); }
  };

  explicit Store(StoreSettings settings);
  Result<void> connect(Seq first_seq, bool thorough);
  Result<void> connected();
  bool create(Seq first_seq);
  Result<void> check_layout(bool thorough);
  bool load();
  void disconnect();

  Overdue overdue(WallTime now);
  void overdue_of(std::int64_t number, WallTime now, Overdue& found);
  void overdue_kept(WallTime now, Overdue& found);
  bool apply(const Changes& changes, const Overdue& overdue);
  bool insert(const Message& message, Seq seq, WallTime now);
  bool remove(Seq seq, std::uint64_t Ledger::*counter);
  bool withdraw(Seq seq, const std::string& reason, WallTime now);
  bool remove_kept(Seq seq, std::uint64_t Ledger::*counter);
  bool remove_overdue(const Overdue& late, WallTime now);
  bool drop_to_limit(std::uint64_t max_bytes);
  bool drop_to_share();
  Result<void> committed(bool done);
  std::optional<DeviceId> device(std::int64_t number) const;
  bool save_books();
  Error abandon();

  StoreSettings settings_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Statements> statements_;
  Books books_;
  Seq next_seq_ = 1;
  std::unordered_set<Seq> damaged_;
  std::vector<Seq> newly_damaged_;
  std::unordered_map<std::int64_t, Seq> passed_;  // by account: looked at for age up to here, all from the future
  bool reloaded_ = false;
  std::vector<std::int64_t> changed_;
};

}  // namespace vouchgate::spool
