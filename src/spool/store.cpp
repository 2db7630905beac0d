// The transactions of the spool. Never says that something is stored before the commit returned.
#include "store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "cost.hpp"
#include "record.hpp"
#include "statements.hpp"

namespace vouchgate::spool {
namespace {

constexpr const char* damaged_reason = "damaged on the disk";
// In one commit, so that a flood of old records does not stall the appends.
constexpr std::size_t most_overdue = 2000;
constexpr std::uint64_t most_dropped = 1024 * 1024;  // bytes
constexpr std::size_t most_passed = 10'000;          // from the future, of one device in one look

std::int64_t milliseconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

// A limit that was lowered is approached by this much a commit.
std::uint64_t step_down(std::uint64_t bytes) { return bytes - std::min(bytes, most_dropped); }

// As far as opening tells; access(2) says yes to a file system that ext4 has made read-only in an emergency.
bool takes_writes(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file >= 0) ::close(file);
  return file >= 0;
}

}  // namespace

Store::Store(StoreSettings settings) : settings_(std::move(settings)) {}
Store::~Store() { disconnect(); }  // statements before their database

Result<Committed> Store::commit(const Changes& changes) {
  changed_.clear();
  if (auto ready = connected(); !ready) return fail(ready.error());
  const Overdue late = changes.expire ? overdue(changes.now) : Overdue{};
  if (database_->failed()) return fail(abandon());
  const std::uint64_t before = books_.bytes();
  const bool over = settings_.drop_oldest && before > changes.max_bytes;
  if (changes.appends.empty() && changes.delivered.empty() && changes.withdrawn.empty() && late.none() &&
      damaged_.empty() && !over)
    return Committed{next_seq_, false};
  const Seq first = next_seq_;
  // Numbers of a failed commit are not given again: the disk may hold it after all.
  next_seq_ += changes.appends.size();
  const bool done = database_->run("BEGIN IMMEDIATE") && apply(changes, late) && database_->run("COMMIT");
  if (auto kept = committed(done); !kept) return fail(kept.error());
  damaged_.clear();
  // What quarantine holds cannot be dropped: no progress is the end.
  const bool still_over = over && books_.bytes() > changes.max_bytes && books_.bytes() < before;
  return Committed{first, late.more || still_over};
}

Result<void> Store::committed(bool done) {
  if (!done) return fail(abandon());
  changed_ = books_.touched();
  books_.keep();
  return {};
}

bool Store::apply(const Changes& changes, const Overdue& late) {
  const std::uint64_t limit = std::max(changes.max_bytes, step_down(books_.bytes()));
  Seq seq = next_seq_ - changes.appends.size();
  for (const Message* message : changes.appends)
    if (!insert(*message, seq++, changes.now)) return false;
  for (const Seq delivered : changes.delivered)
    if (!remove(delivered, &Ledger::delivered)) return false;
  if (!remove_overdue(late, changes.now)) return false;
  for (const Seq damaged : damaged_)
    if (!withdraw(damaged, damaged_reason, changes.now)) return false;
  for (const Withdrawal& withdrawal : changes.withdrawn)
    if (!withdraw(withdrawal.seq, withdrawal.reason, changes.now)) return false;
  return drop_to_share() && drop_to_limit(limit) && save_books();
}

bool Store::remove_overdue(const Overdue& late, WallTime now) {
  for (const Seq expired : late.expired)
    if (!remove(expired, &Ledger::expired)) return false;
  for (const Seq undated : late.undated)
    if (!statements_->restamp.run(milliseconds(now), undated)) return false;
  for (const Seq expired : late.kept_expired)
    if (!remove_kept(expired, &Ledger::expired)) return false;
  for (const Seq undated : late.kept_undated)
    if (!statements_->restamp_kept.run(milliseconds(now), undated)) return false;
  return true;
}

bool Store::insert(const Message& message, Seq seq, WallTime now) {
  const std::int64_t number = books_.find_or_add(message.device.str());
  books_.stored(number, seq, cost_of(message));
  const std::int64_t kind = static_cast<std::uint8_t>(message.kind);
  return statements_->insert.run(seq, number, milliseconds(now), kind, message.subfolder.str(),
                                 std::string_view(message.payload),
                                 checksum(message.device.str(), kind, message.subfolder.str(), message.payload));
}

bool Store::remove(Seq seq, std::uint64_t Ledger::*counter) {
  Statement& find = statements_->find;
  find.start(seq);
  if (!find.row()) return !database_->failed();  // unknown, or deleted before
  const std::int64_t number = find.number(0);
  const std::uint64_t cost = fixed_cost + static_cast<std::uint64_t>(find.number(1));
  find.stop();
  if (books_.knows(number)) books_.moved(number, &Ledger::pending, counter, cost);
  return statements_->remove.run(seq);
}

bool Store::withdraw(Seq seq, const std::string& reason, WallTime now) {
  Statement& find = statements_->find;
  find.start(seq);
  if (!find.row()) return !database_->failed();
  const std::int64_t number = find.number(0);
  find.stop();
  if (books_.knows(number)) books_.moved(number, &Ledger::pending, &Ledger::quarantined, 0);
  return statements_->set_aside.run(seq, reason, milliseconds(now)) && statements_->remove.run(seq);
}

// The newest stays, also where quarantine has taken all the room: it was just said to be stored.
bool Store::drop_to_limit(std::uint64_t max_bytes) {
  while (settings_.drop_oldest && books_.bytes() > max_bytes) {
    Statement& oldest = statements_->oldest;
    oldest.start();
    if (!oldest.row()) return !database_->failed();
    const auto seq = static_cast<Seq>(oldest.number(0));
    oldest.stop();
    if (seq + 1 == next_seq_) break;
    if (!remove(seq, &Ledger::dropped)) return false;
  }
  return true;
}

bool Store::drop_to_share() {
  if (!settings_.drop_oldest) return true;
  for (const std::int64_t number : books_.touched()) {
    const std::uint64_t limit = std::max(settings_.max_device_bytes, step_down(books_.before(number).bytes));
    while (books_.account(number).bytes > limit) {
      Statement& oldest = statements_->oldest_of;
      oldest.start(number);
      if (!oldest.row()) break;
      const auto seq = static_cast<Seq>(oldest.number(0));
      oldest.stop();
      if (seq == books_.account(number).last_seq) break;
      if (!remove(seq, &Ledger::dropped)) return false;
    }
  }
  return !database_->failed();
}

bool Store::save_books() {
  for (const std::int64_t number : books_.touched()) {
    const Account& account = books_.account(number);
    const Ledger& ledger = account.ledger;
    if (!statements_->save.run(number, account.device, ledger.stored, ledger.delivered, ledger.expired, ledger.dropped,
                               ledger.discarded, ledger.quarantined, account.bytes, account.last_seq))
      return false;
  }
  return true;
}

// After an I/O error nobody knows which pages the kernel still holds, so what follows starts from the file again;
// the checksums of the WAL tell what counts. A full or read-only disk is cleaner: rolled back, and what is there can
// still be read and sent. (Files that refuse where the path does not are those of a disk that was unmounted since.)
Error Store::abandon() {
  Error error = database_->take_failure();
  books_.revert();
  if (database_->in_transaction()) database_->run("ROLLBACK");
  const bool read_only = error.code == Code::denied && !takes_writes(settings_.path);
  const bool refused = error.code == Code::full || read_only;
  const bool clean = refused && !database_->failed() && !database_->in_transaction();
  if (!clean) disconnect();
  return error;
}

// Within a device the times rise with the numbers, so only heads are looked at, and a minute without old records costs
// one lookup per device. But for a clock that was wrong: what seems to come from the future is passed over, for its own
// age is not known, and so is the clock's: it may be wrong now.
Store::Overdue Store::overdue(WallTime now) {
  Overdue found;
  if (now < settings_.earliest) return found;
  for (std::size_t i = 1; i <= books_.size() && !found.more; ++i) {
    const auto number = static_cast<std::int64_t>(i);
    if (books_.account(number).ledger.pending > 0) overdue_of(number, now, found);
  }
  overdue_kept(now, found);
  return found;
}

void Store::overdue_kept(WallTime now, Overdue& found) {
  Statement& kept = statements_->expired_kept;
  kept.start(milliseconds(now) - settings_.max_age.count());
  while (kept.row()) {
    const bool undated = kept.number(1) < milliseconds(settings_.earliest);
    (undated ? found.kept_undated : found.kept_expired).push_back(static_cast<Seq>(kept.number(0)));
  }
}

void Store::overdue_of(std::int64_t number, WallTime now, Overdue& found) {
  const std::int64_t believed = milliseconds(settings_.earliest);
  const std::int64_t oldest = milliseconds(now) - settings_.max_age.count();
  const auto passed = passed_.find(number);
  const Seq after = passed == passed_.end() ? 0 : passed->second;
  if (after > 0) passed_.erase(passed);
  std::size_t passing = 0;
  Statement& ages = statements_->ages;
  ages.start(number, after);
  while (ages.row()) {
    found.more = found.expired.size() + found.undated.size() >= most_overdue;
    const auto seq = static_cast<Seq>(ages.number(0));
    const std::int64_t stored_at = ages.number(1);
    if (stored_at > milliseconds(now)) {
      if (++passing < most_passed) continue;
      passed_[number] = seq;  // the next look goes on from here, the one that meets the end begins anew
      break;
    }
    const bool undated = stored_at < believed;
    if (found.more || (!undated && stored_at >= oldest)) break;
    (undated ? found.undated : found.expired).push_back(seq);
  }
  ages.stop();
}

Result<std::vector<Record>> Store::read(const DeviceId& device, Seq after, std::size_t most, std::size_t most_bytes,
                                        const std::unordered_set<Seq>& hidden) {
  if (auto ready = connected(); !ready) return fail(ready.error());
  std::vector<Record> records;
  const std::int64_t number = books_.find(device.str());
  if (number == 0) return records;
  std::size_t bytes = 0;
  Statement& rows = statements_->read;
  rows.start(number, after);
  while (records.size() < most && rows.row()) {
    const auto seq = static_cast<Seq>(rows.number(0));
    if (hidden.contains(seq) || damaged_.contains(seq)) continue;
    bytes += rows.bytes(4).size();
    if (!records.empty() && bytes > most_bytes) break;  // at least one, or a large record would never be read
    auto record =
        parse({rows.number(0), rows.number(1), rows.number(2), rows.bytes(3), rows.bytes(4), rows.number(5)}, device);
    if (record)
      records.push_back(std::move(*record));
    else if (damaged_.insert(seq).second)
      newly_damaged_.push_back(seq);
  }
  rows.stop();
  if (database_->failed()) return fail(abandon());
  return records;
}

bool Store::reloaded() { return std::exchange(reloaded_, false); }

}  // namespace vouchgate::spool
