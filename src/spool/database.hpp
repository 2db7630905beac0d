// SQLite made small: a connection and prepared statements that remember the first failure. Never throws, never retries.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "vouchgate/base/result.hpp"

namespace vouchgate::spool {

class Database {
 public:
  // Creates the file when absent, readable by the owner alone. Errors: denied, corrupt, full, unavailable.
  static Result<std::unique_ptr<Database>> open(const std::string& path);

  bool run(const char* sql);
  // The first column of the first row; nothing if there is no row or it failed.
  std::optional<std::string> ask(const char* sql);
  std::int64_t count(const char* sql);  // as ask(), 0 instead of nothing
  bool in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

  // Notes a result code; false if it is a failure. Only the first failure since take_failure() counts.
  bool check(int code);
  bool failed() const { return failure_.has_value(); }
  Error take_failure();

  sqlite3* handle() { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close(handle); }
  };
  Database(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}

  int last_errno() const;

  std::unique_ptr<sqlite3, Close> handle_;
  std::string path_;
  std::optional<Error> failure_;
};

// Must go before its Database.
class Statement {
 public:
  Statement(Database& database, const char* sql);

  // Binds the arguments and runs to the end.
  template <class... Arguments>
  bool run(const Arguments&... arguments) {
    start(arguments...);
    while (row()) {}
    return !database_->failed();
  }
  template <class... Arguments>
  void start(const Arguments&... arguments) {
    sqlite3_reset(statement_.get());
    int index = 0;
    (bind(++index, arguments), ...);
  }
  // True while there is a row; at the end and after a failure the statement is reset, so it pins no snapshot.
  bool row();
  void stop() { sqlite3_reset(statement_.get()); }

  std::int64_t number(int column) { return sqlite3_column_int64(statement_.get(), column); }
  // Valid until the next row() or stop().
  std::string_view bytes(int column);

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  void bind(int index, std::int64_t value) { database_->check(sqlite3_bind_int64(statement_.get(), index, value)); }
  void bind(int index, std::uint64_t value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, const std::string& text);       // as TEXT; must live until the statement ran
  void bind(int index, const std::string_view& blob);  // as BLOB; likewise

  Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

}  // namespace vouchgate::spool
