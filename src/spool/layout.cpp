// The layout of the database file: creates it, checks it, reads the books from it. Never changes a message.
#include <algorithm>

#include "statements.hpp"
#include "store.hpp"

namespace vouchgate::spool {
namespace {

// Layout 1. Messages in order of arrival, so that appends fill one page after the other whatever the number of
// devices; the index by device ends with seq (SQLite appends the row number to every index entry), which gives each
// device's messages in order for about 12 bytes a message. The checksum is CRC-32 (record.hpp): flash also forgets
// without an error. The counters of a device, its bytes and its highest seq
// change in the transaction that changes its messages; the highest seq of all is the counter.
constexpr const char* layout =
    "CREATE TABLE device(id INTEGER PRIMARY KEY, name TEXT NOT NULL, stored INTEGER NOT NULL,"
    " delivered INTEGER NOT NULL, expired INTEGER NOT NULL, dropped INTEGER NOT NULL, discarded INTEGER NOT NULL,"
    " quarantined INTEGER NOT NULL, bytes INTEGER NOT NULL, last_seq INTEGER NOT NULL);"
    "CREATE TABLE message(seq INTEGER PRIMARY KEY, device INTEGER NOT NULL, stored_at INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, subfolder TEXT NOT NULL, payload BLOB NOT NULL, checksum INTEGER NOT NULL);"
    "CREATE INDEX message_by_device ON message(device);"
    "CREATE TABLE quarantine(seq INTEGER PRIMARY KEY, device, stored_at, kind, subfolder, payload, checksum,"
    " reason TEXT NOT NULL, since INTEGER NOT NULL);"
    "CREATE TABLE origin(first_seq INTEGER NOT NULL);"
    "PRAGMA user_version=1;";

}  // namespace

Result<std::unique_ptr<Store>> Store::open(StoreSettings settings, Seq first_seq, bool thorough) {
  std::unique_ptr<Store> store(new Store(std::move(settings)));
  if (auto done = store->connect(first_seq, thorough); !done) return fail(done.error());
  return store;
}

Result<void> Store::connect(Seq first_seq, bool thorough) {
  auto database = Database::open(settings_.path);
  if (!database) return fail(database.error());
  database_ = std::move(*database);
  if (database_->ask("PRAGMA user_version") == "0" && !create(first_seq)) return fail(abandon());
  if (auto checked = check_layout(thorough); !checked) {
    disconnect();
    return fail(checked.error());
  }
  statements_ = std::make_unique<Statements>(*database_);
  if (!load()) return fail(abandon());
  return {};
}

bool Store::create(Seq first_seq) {
  const std::string origin = "INSERT INTO origin VALUES(" + std::to_string(first_seq) + ")";
  return database_->run("BEGIN IMMEDIATE") && database_->run(layout) && database_->run(origin.c_str()) &&
         database_->run("COMMIT");
}

Result<void> Store::check_layout(bool thorough) {
  const auto version = database_->ask("PRAGMA user_version");
  if (database_->failed()) return fail(database_->take_failure());
  if (version != "1")
    return fail(Code::mismatch, "spool", settings_.path,
                "written by a newer version (layout " + version.value_or("?") + ")",
                "install that version again, or move the file away");
  if (!thorough) return {};
  const auto verdict = database_->ask("PRAGMA quick_check(1)");
  if (database_->failed()) return fail(database_->take_failure());
  if (verdict == "ok") return {};
  std::string reason = verdict.value_or("quick_check was silent");
  std::replace(reason.begin(), reason.end(), '\n', ' ');
  return fail(Code::corrupt, "spool", settings_.path, std::move(reason));
}

bool Store::load() {
  Books books;
  Statement rows(
      *database_,
      "SELECT id, name, stored, delivered, expired, dropped, discarded, quarantined, bytes, last_seq FROM device "
      "ORDER BY id");
  // Beyond what is there, whatever the books say: a number that comes twice would fail every append.
  Statement origin(*database_,
                   "SELECT max((SELECT first_seq FROM origin), (SELECT ifnull(max(seq), 0) + 1 FROM message),"
                   " (SELECT ifnull(max(seq), 0) + 1 FROM quarantine))");
  origin.start();
  if (origin.row()) next_seq_ = std::max(next_seq_, static_cast<Seq>(origin.number(0)));
  origin.stop();
  rows.start();
  while (rows.row()) {
    const auto count = [&rows](int column) { return static_cast<std::uint64_t>(rows.number(column)); };
    Account account{std::string(rows.bytes(1)),
                    {count(2), count(3), 0, count(4), count(5), count(6), count(7)},
                    count(8),
                    count(9)};
    Ledger& ledger = account.ledger;
    ledger.pending = ledger.stored - ledger.accounted();
    next_seq_ = std::max(next_seq_, account.last_seq + 1);
    const bool in_step = rows.number(0) == static_cast<std::int64_t>(books.size()) + 1;
    if (!in_step || ledger.pending > ledger.stored) return database_->check(SQLITE_CORRUPT);
    books.add(std::move(account));
  }
  books_ = std::move(books);
  reloaded_ = true;
  return !database_->failed();
}

Result<void> Store::connected() {
  if (database_) return {};
  return connect(next_seq_, false);
}

void Store::disconnect() {
  statements_.reset();
  database_.reset();
}

}  // namespace vouchgate::spool
