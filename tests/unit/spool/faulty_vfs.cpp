// Passes every call on to the file below, but for writes and syncs that shall fail.
#include "faulty_vfs.hpp"

#include <cerrno>

namespace vouchgate::support {
namespace {

struct File {
  sqlite3_file base;  // first: SQLite sees only this
  FaultyVfs* owner;
  sqlite3_file* below() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
File& mine(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
FaultyVfs& owner(sqlite3_vfs* vfs) { return *static_cast<FaultyVfs*>(vfs->pAppData); }

int close(sqlite3_file* f) { return mine(f).below()->pMethods->xClose(mine(f).below()); }
int read(sqlite3_file* f, void* data, int size, sqlite3_int64 at) {
  return mine(f).below()->pMethods->xRead(mine(f).below(), data, size, at);
}
int write(sqlite3_file* f, const void* data, int size, sqlite3_int64 at) {
  FaultyVfs& disk = *mine(f).owner;
  if (const int result = disk.write_result; result != SQLITE_OK) {
    if (const int number = disk.system_error; number != 0) errno = number;  // as a system call leaves it
    return ++disk.refused, result;
  }
  if (disk.largest_commit > 0 && ++disk.writes > disk.largest_commit)
    return disk.writes = 0, ++disk.refused, SQLITE_FULL;
  return mine(f).below()->pMethods->xWrite(mine(f).below(), data, size, at);
}
int truncate(sqlite3_file* f, sqlite3_int64 size) {
  return mine(f).below()->pMethods->xTruncate(mine(f).below(), size);
}
int sync(sqlite3_file* f, int flags) {
  mine(f).owner->wait_while_stalled();
  if (const int result = mine(f).owner->sync_result; result != SQLITE_OK) return ++mine(f).owner->refused, result;
  ++mine(f).owner->syncs;
  mine(f).owner->writes = 0;
  return mine(f).below()->pMethods->xSync(mine(f).below(), flags);
}
int size(sqlite3_file* f, sqlite3_int64* out) { return mine(f).below()->pMethods->xFileSize(mine(f).below(), out); }
int lock(sqlite3_file* f, int level) { return mine(f).below()->pMethods->xLock(mine(f).below(), level); }
int unlock(sqlite3_file* f, int level) { return mine(f).below()->pMethods->xUnlock(mine(f).below(), level); }
int reserved(sqlite3_file* f, int* out) { return mine(f).below()->pMethods->xCheckReservedLock(mine(f).below(), out); }
int control(sqlite3_file* f, int what, void* argument) {
  if (const int number = mine(f).owner->system_error; what == SQLITE_FCNTL_LAST_ERRNO && number != 0) {
    *static_cast<int*>(argument) = number;
    return SQLITE_OK;
  }
  return mine(f).below()->pMethods->xFileControl(mine(f).below(), what, argument);
}
int sector(sqlite3_file* f) { return mine(f).below()->pMethods->xSectorSize(mine(f).below()); }
int traits(sqlite3_file* f) { return mine(f).below()->pMethods->xDeviceCharacteristics(mine(f).below()); }

// Version 1: without shared memory, which the exclusive locking mode does not need.
constexpr sqlite3_io_methods methods = {1,       close,   read,     write,   truncate, sync,   size,
                                        lock,    unlock,  reserved, control, sector,   traits, nullptr,
                                        nullptr, nullptr, nullptr,  nullptr, nullptr};

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  File& f = mine(file);
  f.owner = &owner(vfs);
  f.base.pMethods = nullptr;
  const int result = f.owner->below()->xOpen(f.owner->below(), name, f.below(), flags, out_flags);
  if (result == SQLITE_OK) f.base.pMethods = &methods;
  return result;
}

}  // namespace

FaultyVfs::FaultyVfs() : below_(sqlite3_vfs_find(nullptr)) {
  vfs_ = *below_;
  vfs_.iVersion = 2;
  vfs_.szOsFile = static_cast<int>(sizeof(File)) + below_->szOsFile;
  vfs_.zName = "faulty";
  vfs_.pAppData = this;
  vfs_.xOpen = open;
  sqlite3_vfs_register(&vfs_, 1);
}

FaultyVfs::~FaultyVfs() {
  sqlite3_vfs_unregister(&vfs_);
  sqlite3_vfs_register(below_, 1);
}

void FaultyVfs::stall_syncs(bool stall) {
  const std::lock_guard lock_here(mutex_);
  stalled_ = stall;
  changed_.notify_all();
}

void FaultyVfs::wait_for_stalled() {
  std::unique_lock lock_here(mutex_);
  changed_.wait_for(lock_here, std::chrono::seconds(20), [this] { return stalled_ && hanging_ > 0; });
}

void FaultyVfs::wait_while_stalled() {
  std::unique_lock lock_here(mutex_);
  ++hanging_;
  changed_.notify_all();
  changed_.wait(lock_here, [this] { return !stalled_; });
  --hanging_;
}

}  // namespace vouchgate::support
