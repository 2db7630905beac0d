// The spool's directory: its lock, its database's name and what happens to a damaged one. Never deletes a file that
// holds messages.
#pragma once

#include <string>

#include "vouchgate/base/result.hpp"
#include "vouchgate/contract/clock.hpp"

namespace vouchgate::spool {

class Directory {
 public:
  // Creates the directory (mode 0700) when absent and takes its lock, which ends with this object or with the process.
  // Errors: busy (another process has it), denied, unavailable.
  static Result<Directory> open(const std::string& path);
  Directory(Directory&& other) noexcept;
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  Directory& operator=(Directory&&) = delete;
  ~Directory();

  std::string database() const { return path_ + "/spool.db"; }
  // A suspect database is read as a whole at the next opening.
  bool suspect() const;
  void set_suspect(bool suspect) const;
  // Renames the database and its WAL to *.damaged-<seconds since 1970>. Returns the new name of the database.
  Result<std::string> set_aside(WallTime now) const;

 private:
  Directory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::string path_;
  int lock_ = -1;
};

}  // namespace vouchgate::spool
