// The operator's side of the store: what lies in quarantine, its way back or out, and the audit. Never on the way of a
// message.
#include "cost.hpp"
#include "record.hpp"
#include "statements.hpp"
#include "store.hpp"

namespace vouchgate::spool {
namespace {

std::int64_t milliseconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

tl::unexpected<Error> not_kept(Seq seq) {
  return fail(Code::not_found, "spool", std::to_string(seq), "not in quarantine",
              "'vouchgate spool list' shows what is");
}

}  // namespace

std::optional<DeviceId> Store::device(std::int64_t number) const {
  if (!books_.knows(number)) return std::nullopt;
  const auto id = DeviceId::parse(books_.account(number).device);
  return id ? std::optional<DeviceId>(*id) : std::nullopt;
}

// A damaged record is shown as far as it can be read.
Result<std::vector<Quarantined>> Store::quarantined(Seq after, std::size_t most, std::size_t most_bytes) {
  if (auto ready = connected(); !ready) return fail(ready.error());
  std::vector<Quarantined> found;
  std::size_t bytes = 0;
  Statement& rows = statements_->listed;
  rows.start(after);
  while (found.size() < most && rows.row()) {
    const auto of = device(rows.number(1));
    bytes += rows.bytes(5).size();
    if (!of) continue;
    if (!found.empty() && bytes > most_bytes) break;
    const auto subfolder = Subfolder::parse(rows.bytes(4));
    Message message{*of, rows.number(3) == 1 ? Kind::state : Kind::event, subfolder ? *subfolder : Subfolder(),
                    std::string(rows.bytes(5))};
    found.push_back(
        {{static_cast<Seq>(rows.number(0)), std::move(message), WallTime(std::chrono::milliseconds(rows.number(2)))},
         std::string(rows.bytes(7)),
         WallTime(std::chrono::milliseconds(rows.number(8)))});
  }
  rows.stop();
  if (database_->failed()) return fail(abandon());
  return found;
}

// Back to the end of its queue: what was stored meanwhile may be on its way already.
Result<DeviceId> Store::retry(Seq seq, WallTime now) {
  changed_.clear();
  if (auto ready = connected(); !ready) return fail(ready.error());
  Statement& rows = statements_->listed;
  rows.start(seq - 1);
  const bool there = rows.row() && static_cast<Seq>(rows.number(0)) == seq;
  if (database_->failed()) return fail(abandon());
  const std::int64_t number = there ? rows.number(1) : 0;
  const auto of = device(number);
  const bool sound =
      there && of &&
      parse({rows.number(0), rows.number(2), rows.number(3), rows.bytes(4), rows.bytes(5), rows.number(6)}, *of);
  rows.stop();
  if (!of) return not_kept(seq);
  if (!sound)
    return fail(Code::mismatch, "spool", std::to_string(seq), "the record is damaged and cannot be sent",
                "'vouchgate spool discard' removes it");
  const Seq again = next_seq_++;
  books_.moved(number, &Ledger::quarantined, &Ledger::pending, 0);
  books_.numbered(number, again);
  const bool done = database_->run("BEGIN IMMEDIATE") && statements_->release.run(seq, again, milliseconds(now)) &&
                    statements_->remove_kept.run(seq) && save_books() && database_->run("COMMIT");
  if (auto kept = committed(done); !kept) return fail(kept.error());
  return *of;
}

Result<void> Store::discard(Seq seq) {
  changed_.clear();
  if (auto ready = connected(); !ready) return fail(ready.error());
  Statement& find = statements_->find_kept;
  find.start(seq);
  const bool there = find.row();
  find.stop();
  if (database_->failed()) return fail(abandon());
  if (!there) return not_kept(seq);
  return committed(database_->run("BEGIN IMMEDIATE") && remove_kept(seq, &Ledger::discarded) && save_books() &&
                   database_->run("COMMIT"));
}

bool Store::remove_kept(Seq seq, std::uint64_t Ledger::*counter) {
  Statement& find = statements_->find_kept;
  find.start(seq);
  if (!find.row()) return !database_->failed();
  const std::int64_t number = find.number(0);
  const std::uint64_t cost = fixed_cost + static_cast<std::uint64_t>(find.number(1));
  find.stop();
  if (books_.knows(number)) books_.moved(number, &Ledger::quarantined, counter, cost);
  return statements_->remove_kept.run(seq);
}

Result<std::vector<AuditLine>> Store::audit(const std::function<void()>& progress) {
  constexpr std::size_t step = 10'000;  // records, at most a second from slow flash
  if (auto ready = connected(); !ready) return fail(ready.error());
  std::vector<AuditLine> lines;
  for (std::size_t i = 1; i <= books_.size(); ++i) {
    const Account& account = books_.account(static_cast<std::int64_t>(i));
    lines.push_back({account.device, account.ledger, 0, 0, account.bytes, 0});
  }
  std::size_t counted = 0;
  const auto count = [&](Statement& rows, std::uint64_t AuditLine::*found) {
    rows.start();
    while (rows.row()) {
      if (++counted % step == 0) progress();
      if (!books_.knows(rows.number(0))) continue;
      AuditLine& line = lines.at(static_cast<std::size_t>(rows.number(0)) - 1);
      ++(line.*found);
      line.bytes_found += fixed_cost + static_cast<std::uint64_t>(rows.number(1));
    }
  };
  count(statements_->audit_pending, &AuditLine::pending_found);
  count(statements_->audit_kept, &AuditLine::quarantined_found);
  if (database_->failed()) return fail(abandon());
  return lines;
}

// A vacuum copies what is left, so it waits until that is little; the rows of a backlog leave gaps that new ones fill.
// Why not incremental vacuum: docs/decisions/0004.
void Store::shrink() {
  constexpr std::int64_t worthwhile = 4096, little = 1024;  // pages: 4 MiB free, 1 MiB to copy
  if (!connected()) return;
  const std::int64_t free = database_->count("PRAGMA freelist_count");
  if (free < worthwhile || database_->count("PRAGMA page_count") - free > little) return;
  // The file itself is cut when its WAL is written back, which a quiet spool would put off for long.
  if (!database_->run("VACUUM") || !database_->run("PRAGMA wal_checkpoint(TRUNCATE)")) abandon();
}

std::uint64_t Store::room() {
  if (!connected()) return 0;
  return static_cast<std::uint64_t>(database_->count("PRAGMA freelist_count") * database_->count("PRAGMA page_size"));
}

// SQLite writes nothing for an UPDATE that changes nothing, but for a field of the header always.
Result<void> Store::probe() {
  if (auto ready = connected(); !ready) return fail(ready.error());
  changed_.clear();
  return committed(database_->run("PRAGMA application_id=1449355367"));  // "Vchg"
}

}  // namespace vouchgate::spool
