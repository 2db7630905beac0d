// A disk that fails or stalls when told to: a layer over SQLite's own file access. Never fails by chance.
#pragma once

#include <sqlite3.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace vouchgate::support {

// The default file access of every database opened while this object lives. One at a time.
class FaultyVfs {
 public:
  FaultyVfs();
  FaultyVfs(const FaultyVfs&) = delete;
  FaultyVfs& operator=(const FaultyVfs&) = delete;
  ~FaultyVfs();

  // Result codes that writes and syncs return until told otherwise; SQLITE_OK = as the disk does.
  std::atomic<int> write_result = SQLITE_OK, sync_result = SQLITE_OK;
  std::atomic<int> system_error = 0;    // errno of failing writes
  std::atomic<int> largest_commit = 0;  // writes between two syncs until the disk is full; 0: any number
  std::atomic<int> refused = 0;         // writes and syncs
  std::atomic<int> writes = 0;          // since the last sync
  std::atomic<int> syncs = 0;           // that reached the disk

  void stall_syncs(bool stall);
  void wait_for_stalled();    // until a sync hangs
  void wait_while_stalled();  // the sync's side
  sqlite3_vfs* below() const { return below_; }

 private:
  sqlite3_vfs vfs_{};
  sqlite3_vfs* below_ = nullptr;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stalled_ = false;
  int hanging_ = 0;
};

}  // namespace vouchgate::support
