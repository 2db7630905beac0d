// Opens connections and translates SQLite's result codes. Never decides what a failure means for a message.
#include "database.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace vouchgate::spool {
namespace {

constexpr const char* damaged_hint = "restart the daemon: it sets a damaged database aside and starts a new one";

Error system_error(const std::string& path, int number) {
  const bool denied = number == EACCES || number == EPERM || number == EROFS;
  const bool full = number == ENOSPC || number == EDQUOT;
  return Error{denied ? Code::denied
               : full ? Code::full
                      : Code::unavailable,
               "spool", path, std::strerror(number),
               denied ? "the spool directory must be writable for the daemon's user" : ""};
}

// Result codes: https://www.sqlite.org/rescode.html
Error translate(const std::string& path, int code, int system, const char* text) {
  switch (code & 0xff) {
    case SQLITE_FULL: return {Code::full, "spool", path, "the disk is full", "free space on the spool's file system"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return {Code::corrupt, "spool", path, text, damaged_hint};
    case SQLITE_PERM:
    case SQLITE_READONLY: return {Code::denied, "spool", path, text, "is the file system mounted read-only?"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return {Code::busy, "spool", path, "another program has the database open", ""};
    default: break;
  }
  if (system != 0) return system_error(path, system);
  return {Code::unavailable, "spool", path, text, ""};
}

// Each line has its reason; page_size must come before the first table, locking_mode before the first use of the
// WAL.
constexpr std::array pragmas = {
    "PRAGMA page_size=1024",              // a commit of few messages writes few bytes; 4096 is a third faster flat out
    "PRAGMA locking_mode=EXCLUSIVE",      // the WAL's index in memory: no shared-memory file, no lock traffic
    "PRAGMA journal_mode=WAL",            // a commit is one append and one fsync
    "PRAGMA synchronous=FULL",            // ... and that fsync comes before "stored" is said
    "PRAGMA secure_delete=OFF",           // on in some distributions; would write every deleted payload once more
    "PRAGMA wal_autocheckpoint=4096",     // pages: what is deleted within 4 MiB of writing never reaches the main file
    "PRAGMA journal_size_limit=8388608",  // after a burst the WAL file shrinks again
    "PRAGMA cell_size_check=ON",          // notices damaged pages early
    "PRAGMA trusted_schema=OFF",          // a doctored file runs no functions
    "PRAGMA cache_size=-2048",            // 2 MiB
    "PRAGMA temp_store=MEMORY",
};

}  // namespace

Result<std::unique_ptr<Database>> Database::open(const std::string& path) {
  // SQLite would create the file readable for everybody; the WAL inherits the mode.
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return fail(system_error(path, errno));
  ::close(file);
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (handle == nullptr) return fail(Code::unavailable, "spool", path, "out of memory");
  std::unique_ptr<Database> database(new Database(handle, path));
  sqlite3_extended_result_codes(handle, 1);
  if (!database->check(code)) return fail(database->take_failure());
  for (const char* pragma : pragmas)
    if (!database->run(pragma)) return fail(database->take_failure());
  return database;
}

bool Database::run(const char* sql) { return check(sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr)); }

std::optional<std::string> Database::ask(const char* sql) {
  Statement statement(*this, sql);
  statement.start();
  if (!statement.row()) return std::nullopt;
  return std::string(statement.bytes(0));
}

bool Database::check(int code) {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return true;
  if (!failure_) {
    const bool of_system = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
    failure_ = translate(path_, code, of_system ? last_errno() : 0, sqlite3_errmsg(handle_.get()));
  }
  return false;
}

// SQLite notes errno for what fails in the midst of a statement, but not for a COMMIT; the files remember.
int Database::last_errno() const {
  if (const int noted = sqlite3_system_errno(handle_.get())) return noted;
  for (const int which : {SQLITE_FCNTL_JOURNAL_POINTER, SQLITE_FCNTL_FILE_POINTER}) {
    sqlite3_file* file = nullptr;
    int number = 0;
    if (sqlite3_file_control(handle_.get(), "main", which, &file) != SQLITE_OK || file == nullptr) continue;
    if (file->pMethods == nullptr) continue;
    file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &number);
    if (number != 0) return number;
  }
  return 0;
}

std::int64_t Database::count(const char* sql) { return std::strtoll(ask(sql).value_or("0").c_str(), nullptr, 10); }

Error Database::take_failure() {
  Error error = failure_.value_or(Error{Code::internal, "spool", path_, "no failure to report", ""});
  failure_.reset();
  return error;
}

Statement::Statement(Database& database, const char* sql) : database_(&database) {
  sqlite3_stmt* statement = nullptr;
  database.check(sqlite3_prepare_v3(database.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
  statement_.reset(statement);
}

bool Statement::row() {
  if (database_->failed()) return false;
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  database_->check(code);
  sqlite3_reset(statement_.get());
  return false;
}

std::string_view Statement::bytes(int column) {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return data == nullptr ? std::string_view() : std::string_view(static_cast<const char*>(data), size);
}

void Statement::bind(int index, const std::string& text) {
  database_->check(
      sqlite3_bind_text(statement_.get(), index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC));
}

void Statement::bind(int index, const std::string_view& blob) {
  // A null pointer would bind NULL instead of an empty blob.
  const char* data = blob.empty() ? "" : blob.data();
  database_->check(sqlite3_bind_blob(statement_.get(), index, data, static_cast<int>(blob.size()), SQLITE_STATIC));
}

}  // namespace vouchgate::spool
