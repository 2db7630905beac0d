// The journal of what was not synced, and the dice that decide what of it survives. Never syncs anything itself.
#include "crash_vfs.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <new>
#include <utility>

namespace vouchgate::support {
namespace {

constexpr std::size_t sector = 512;  // what a disk writes as one, bytes

std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void apply(std::string& bytes, std::size_t at, const char* data, std::size_t size) {
  if (bytes.size() < at + size) bytes.resize(at + size);  // a gap reads as zeros
  std::memcpy(bytes.data() + at, data, size);
}

}  // namespace

std::string quick_parent() {
  const char* memory = "/dev/shm";
  return ::access(memory, W_OK) == 0 ? memory : std::filesystem::temp_directory_path().string();
}

// SQLite's side: every call goes to the file below, unless the power is off.
struct CrashCalls {
  struct File {
    sqlite3_file base;  // first: SQLite sees only this
    CrashVfs* owner;
    std::shared_ptr<CrashVfs::Node> node;  // none: not watched
    bool syncs_directory, is_database;
    sqlite3_file* below() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  };
  static File& mine(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
  static CrashVfs& owner(sqlite3_vfs* vfs) { return *static_cast<CrashVfs*>(vfs->pAppData); }

  // Passes a call on that changes nothing.
  template <auto Method, class... Arguments>
  static int pass(sqlite3_file* f, Arguments... arguments) {
    if (mine(f).owner->dead()) return SQLITE_IOERR;
    return (mine(f).below()->pMethods->*Method)(mine(f).below(), arguments...);
  }
  // Also after the cut: what the process held is given back.
  template <auto Method, class... Arguments>
  static int release(sqlite3_file* f, Arguments... arguments) {
    return (mine(f).below()->pMethods->*Method)(mine(f).below(), arguments...);
  }

  static int close(sqlite3_file* f) {
    mine(f).node.reset();  // SQLite gives the memory back without a destructor
    return release<&sqlite3_io_methods::xClose>(f);
  }

  static int change(File& f, CrashVfs::Operation operation, CrashVfs::Change what) {
    if (f.node != nullptr) f.node->pending.push_back(std::move(what));
    return f.node != nullptr && f.owner->strikes(operation) ? SQLITE_IOERR : SQLITE_OK;
  }
  static int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
    File& f = mine(file);
    const std::lock_guard lock(f.owner->mutex_);
    if (f.owner->dead_) return SQLITE_IOERR;
    const int result = f.below()->pMethods->xWrite(f.below(), data, size, at);
    if (result != SQLITE_OK) return result;
    std::string bytes(static_cast<const char*>(data), static_cast<std::size_t>(size));
    return change(f, CrashVfs::Operation::write, {at, std::move(bytes)});
  }
  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    File& f = mine(file);
    const std::lock_guard lock(f.owner->mutex_);
    if (f.owner->dead_) return SQLITE_IOERR;
    const int result = f.below()->pMethods->xTruncate(f.below(), size);
    if (result != SQLITE_OK) return result;
    return change(f, CrashVfs::Operation::truncate, {size, std::nullopt});
  }
  static int sync(sqlite3_file* file, int) {
    File& f = mine(file);
    const std::lock_guard lock(f.owner->mutex_);
    if (f.owner->dead_) return SQLITE_IOERR;
    if (f.node == nullptr) return SQLITE_OK;
    if (f.owner->strikes(CrashVfs::Operation::sync)) return SQLITE_IOERR;
    f.owner->sync(*f.node, f.is_database);
    // As os_unix.c does: the first sync of a journal or WAL that may be new also syncs its directory.
    if (std::exchange(f.syncs_directory, false)) f.owner->sync_directory();
    return SQLITE_OK;
  }
  static int lock(sqlite3_file* f, int level) { return pass<&sqlite3_io_methods::xLock>(f, level); }
  static int shm_lock(sqlite3_file* f, int offset, int count, int flags) {
    if ((flags & SQLITE_SHM_UNLOCK) != 0) return release<&sqlite3_io_methods::xShmLock>(f, offset, count, flags);
    return pass<&sqlite3_io_methods::xShmLock>(f, offset, count, flags);
  }
  static void shm_barrier(sqlite3_file* f) { mine(f).below()->pMethods->xShmBarrier(mine(f).below()); }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    CrashVfs& o = owner(vfs);
    File& f = *new (file) File{};
    f.owner = &o;
    const std::lock_guard lock(o.mutex_);
    if (o.dead_) return SQLITE_IOERR;
    const int result = o.below_->xOpen(o.below_, name, f.below(), flags, out_flags);
    if (result != SQLITE_OK) return result;
    if (o.watches(name)) {
      const bool created = !o.live_.contains(name);
      auto& node = o.live_[name];
      if (created) node = std::make_shared<CrashVfs::Node>();
      f.node = node;
      f.is_database = (flags & SQLITE_OPEN_MAIN_DB) != 0;
      constexpr int journals = SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL;
      f.syncs_directory = (flags & SQLITE_OPEN_CREATE) != 0 && (flags & journals) != 0;
      if (created && o.strikes(CrashVfs::Operation::create)) {
        f.node.reset();
        f.below()->pMethods->xClose(f.below());
        return SQLITE_IOERR;
      }
    }
    static constexpr sqlite3_io_methods methods = {2,  // with shared memory, without memory maps
                                                   close,
                                                   pass<&sqlite3_io_methods::xRead, void*, int, sqlite3_int64>,
                                                   write,
                                                   truncate,
                                                   sync,
                                                   pass<&sqlite3_io_methods::xFileSize, sqlite3_int64*>,
                                                   CrashCalls::lock,
                                                   release<&sqlite3_io_methods::xUnlock, int>,
                                                   pass<&sqlite3_io_methods::xCheckReservedLock, int*>,
                                                   pass<&sqlite3_io_methods::xFileControl, int, void*>,
                                                   release<&sqlite3_io_methods::xSectorSize>,
                                                   release<&sqlite3_io_methods::xDeviceCharacteristics>,
                                                   pass<&sqlite3_io_methods::xShmMap, int, int, int, void volatile**>,
                                                   shm_lock,
                                                   shm_barrier,
                                                   release<&sqlite3_io_methods::xShmUnmap, int>,
                                                   nullptr,
                                                   nullptr};
    f.base.pMethods = &methods;
    return SQLITE_OK;
  }

  static int remove(sqlite3_vfs* vfs, const char* name, int sync_directory) {
    CrashVfs& o = owner(vfs);
    const std::lock_guard lock(o.mutex_);
    if (o.dead_) return SQLITE_IOERR;
    const int result = o.below_->xDelete(o.below_, name, 0);
    if (result != SQLITE_OK || !o.watches(name)) return result;
    o.live_.erase(name);
    if (o.strikes(CrashVfs::Operation::remove)) return SQLITE_IOERR;
    if (sync_directory != 0) o.sync_directory();
    return SQLITE_OK;
  }
  static int access(sqlite3_vfs* vfs, const char* name, int flags, int* out) {
    if (owner(vfs).dead()) return SQLITE_IOERR;
    return owner(vfs).below_->xAccess(owner(vfs).below_, name, flags, out);
  }
};

CrashVfs::CrashVfs(std::string directory, std::uint64_t seed, Lie lie)
    : directory_(std::filesystem::weakly_canonical(directory).string()),
      lie_(lie),
      below_(sqlite3_vfs_find(nullptr)),
      random_(seed) {
  vfs_ = *below_;
  vfs_.iVersion = 2;
  vfs_.szOsFile = static_cast<int>(sizeof(CrashCalls::File)) + below_->szOsFile;
  vfs_.zName = "crash";
  vfs_.pAppData = this;
  vfs_.xOpen = CrashCalls::open;
  vfs_.xDelete = CrashCalls::remove;
  vfs_.xAccess = CrashCalls::access;
  load();
  sqlite3_vfs_register(&vfs_, 1);
}

CrashVfs::~CrashVfs() {
  sqlite3_vfs_unregister(&vfs_);
  sqlite3_vfs_register(below_, 1);
}

void CrashVfs::load() {
  live_.clear();
  std::error_code absent;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, absent))
    if (entry.is_regular_file())
      live_[entry.path().string()] = std::make_shared<Node>(Node{slurp(entry.path().string()), {}});
  durable_ = live_;
}

bool CrashVfs::watches(const char* path) const {
  return path != nullptr && std::filesystem::path(path).parent_path().string() == directory_;
}

void CrashVfs::cut_in(std::uint64_t count, Operation only) {
  const std::lock_guard lock(mutex_);
  left_ = count;
  only_ = only;
}

void CrashVfs::cut() {
  const std::lock_guard lock(mutex_);
  dead_ = true;
}

bool CrashVfs::dead() const {
  const std::lock_guard lock(mutex_);
  return dead_;
}

bool CrashVfs::strikes(Operation operation) {
  if (left_ == never || (only_ != Operation::none && only_ != operation) || --left_ > 0) return false;
  dead_ = true;
  struck_ = operation;
  return true;
}

void CrashVfs::sync(Node& node, bool database) {
  if (lie_ == (database ? Lie::database : Lie::wal)) return;
  for (const Change& change : node.pending) {
    const auto at = static_cast<std::size_t>(change.at);
    if (change.bytes)
      apply(node.durable, at, change.bytes->data(), change.bytes->size());
    else
      node.durable.resize(at);
  }
  node.pending.clear();
}

void CrashVfs::sync_directory() {
  if (lie_ != Lie::directory) durable_ = live_;
}

CrashVfs::Operation CrashVfs::reboot() {
  const std::lock_guard lock(mutex_);
  Entries all = live_;
  all.insert(durable_.begin(), durable_.end());
  for (const auto& [path, unused] : all) {
    const auto node = chosen(path);
    if (node == nullptr)
      std::filesystem::remove(path);
    else
      std::ofstream(path, std::ios::binary | std::ios::trunc) << surviving(*node);
    std::filesystem::remove(path + "-shm");  // memory
  }
  load();
  left_ = never;
  dead_ = false;
  return std::exchange(struck_, Operation::none);
}

// A creation or deletion that was not followed by a sync of the directory happened, or it did not.
std::shared_ptr<CrashVfs::Node> CrashVfs::chosen(const std::string& path) {
  const auto in = [&](const Entries& entries) {
    const auto found = entries.find(path);
    return found == entries.end() ? nullptr : found->second;
  };
  return random(2) == 0 ? in(durable_) : in(live_);
}

std::string CrashVfs::surviving(const Node& node) {
  const auto weather = static_cast<Weather>(random(6));
  std::string bytes = node.durable;
  if (weather == Weather::nothing) return bytes;
  if (weather == Weather::in_order)
    survive_in_order(node, bytes);
  else
    for (const Change& change : node.pending) survive_any(change, weather, bytes);
  return bytes;
}

// Up to some moment; the write of that moment is cut in the middle.
void CrashVfs::survive_in_order(const Node& node, std::string& bytes) {
  std::size_t whole = random(node.pending.size() + 1);
  for (const Change& change : node.pending) {
    const auto at = static_cast<std::size_t>(change.at);
    const bool last = whole-- == 0;
    if (change.bytes)
      apply(bytes, at, change.bytes->data(), last ? random(change.bytes->size() + 1) : change.bytes->size());
    else if (!last)
      bytes.resize(at);
    if (last) return;
  }
}

// Disks write what was not synced in any order, and of one write any sectors. Space that was given to a file but never
// written may hold what was there before.
void CrashVfs::survive_any(const Change& change, Weather weather, std::string& bytes) {
  const auto at = static_cast<std::size_t>(change.at);
  const bool whole = weather == Weather::everything;
  if (!change.bytes) {
    if (whole || random(2) == 0) bytes.resize(at);
    return;
  }
  if (whole || weather == Weather::any_write) {
    if (whole || random(2) == 0) apply(bytes, at, change.bytes->data(), change.bytes->size());
    return;
  }
  for (std::size_t done = 0, size = 0; done < change.bytes->size(); done += size) {
    size = std::min(sector - (at + done) % sector, change.bytes->size() - done);
    if (random(2) == 0) {
      apply(bytes, at + done, change.bytes->data() + done, size);
    } else if (weather == Weather::garbage && at + done >= bytes.size()) {
      std::string old(size, '\0');
      std::ranges::generate(old, [&] { return static_cast<char>(random(256)); });
      apply(bytes, at + done, old.data(), size);
    }
  }
}

}  // namespace vouchgate::support
