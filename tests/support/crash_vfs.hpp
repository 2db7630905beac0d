// A disk whose power fails: a layer over SQLite's own file access that knows what was synced and what was not. Never
// loses a synced byte, unless it is told to lie.
#pragma once

#include <sqlite3.h>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace vouchgate::support {

// For TemporaryDirectory: memory if there is some, as the disk is played here anyway.
std::string quick_parent();

// What an honest disk never does: to say "synced" of what is not.
enum class Lie { none, wal, database, directory };

// The default file access of every database opened while this object lives; one at a time. Watches the files of one
// directory. Files move through the real file system, so whoever looks past SQLite sees them too; nothing is really
// synced. SQLite renames no file, so renames are not modelled: they are on the disk at once.
class CrashVfs {
 public:
  enum class Operation { create, write, truncate, sync, remove, none };
  static constexpr std::array operations = {"create", "write", "truncate", "sync", "delete", "idle"};

  // What lies in `directory` now is on the disk. The same seed makes the same choices.
  CrashVfs(std::string directory, std::uint64_t seed, Lie lie = Lie::none);
  CrashVfs(const CrashVfs&) = delete;
  CrashVfs& operator=(const CrashVfs&) = delete;
  ~CrashVfs();

  // The power fails in the middle of the count-th creation, write, truncation, sync or deletion from now on (1 = the
  // next). From then on every call but closing and unlocking answers SQLITE_IOERR.
  // `only`: of operations of this kind.
  void cut_in(std::uint64_t count, Operation only = Operation::none);
  void cut();  // now, if it has not happened yet
  bool dead() const;
  // Once every database is closed: the files become what a disk may hold after the cut. Returns in which operation the
  // power failed.
  Operation reboot();

 private:
  friend struct CrashCalls;
  struct Change {
    sqlite3_int64 at = 0;
    std::optional<std::string> bytes;  // none: the file ends at `at`
  };
  // A file as the disk holds it, and what was done to it since its last sync, in order.
  struct Node {
    std::string durable;
    std::vector<Change> pending;
  };
  using Entries = std::map<std::string, std::shared_ptr<Node>>;  // by path
  // How much of what was not synced is there after the cut, drawn anew for each file.
  enum class Weather { nothing, everything, in_order, any_write, any_sector, garbage };
  static constexpr std::uint64_t never = UINT64_MAX;

  bool watches(const char* path) const;
  bool strikes(Operation operation);  // true: the power failed in it. Holds mutex_.
  void sync(Node& node, bool database);
  void sync_directory();
  void load();
  std::shared_ptr<Node> chosen(const std::string& path);
  std::string surviving(const Node& node);
  void survive_in_order(const Node& node, std::string& bytes);
  void survive_any(const Change& change, Weather weather, std::string& bytes);
  std::uint64_t random(std::uint64_t below) {
    return std::uniform_int_distribution<std::uint64_t>(0, below - 1)(random_);
  }

  const std::string directory_;
  const Lie lie_;
  sqlite3_vfs vfs_{};
  sqlite3_vfs* const below_;
  mutable std::mutex mutex_;
  std::mt19937_64 random_;
  Entries live_, durable_;  // the directory as the process sees it, and as the disk holds it
  std::uint64_t left_ = never;
  Operation only_ = Operation::none;
  bool dead_ = false;
  Operation struck_ = Operation::none;
};

}  // namespace vouchgate::support
