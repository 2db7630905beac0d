// The disk whose power fails, under SQLite alone: it must lose what was not synced and keep what was. A disk that loses
// nothing would prove nothing.
#include <gmock/gmock.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "crash_vfs.hpp"
#include "temporary_directory.hpp"

namespace vouchgate {
namespace {

using support::CrashVfs;
using support::Lie;
using support::TemporaryDirectory;
using Operation = CrashVfs::Operation;

constexpr int plain = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MAIN_DB;
constexpr int wal = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_WAL;

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// One open file, as SQLite uses it.
class File {
 public:
  File(const std::string& path, int flags) : memory_(static_cast<std::size_t>(sqlite3_vfs_find(nullptr)->szOsFile)) {
    sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
    opened = vfs->xOpen(vfs, path.c_str(), file(), flags, nullptr);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (opened == SQLITE_OK) file()->pMethods->xClose(file());
  }
  int write(const std::string& bytes, sqlite3_int64 at = 0) {
    return file()->pMethods->xWrite(file(), bytes.data(), static_cast<int>(bytes.size()), at);
  }
  int truncate(sqlite3_int64 size) { return file()->pMethods->xTruncate(file(), size); }
  int sync() { return file()->pMethods->xSync(file(), SQLITE_SYNC_NORMAL); }
  int read(std::string& bytes) {
    return file()->pMethods->xRead(file(), bytes.data(), static_cast<int>(bytes.size()), 0);
  }

  int opened = SQLITE_ERROR;

 private:
  sqlite3_file* file() { return reinterpret_cast<sqlite3_file*>(memory_.data()); }
  std::vector<std::max_align_t> memory_;
};

TEST(CrashVfs, KeepsWhatWasSyncedAndLosesKeepsOrTearsWhatWasNot) {
  const std::string old(4096, 'o'), fresh(2048, 'n');
  int lost = 0, kept = 0, torn = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const TemporaryDirectory directory(support::quick_parent());
    const std::string path = directory.path() + "/a";
    std::ofstream(path) << "";  // the entry is on the disk already
    CrashVfs disk(directory.path(), seed);
    {
      File file(path, plain);
      ASSERT_EQ(file.write(old), SQLITE_OK);
      ASSERT_EQ(file.sync(), SQLITE_OK);
      ASSERT_EQ(file.write(fresh, 1024), SQLITE_OK);
    }
    disk.cut();
    EXPECT_EQ(disk.reboot(), Operation::none);
    const std::string found = text_of(path);
    ASSERT_EQ(found.size(), old.size());
    EXPECT_EQ(found.substr(0, 1024) + found.substr(3072), old.substr(2048)) << "synced bytes, seed " << seed;
    const std::string middle = found.substr(1024, 2048);
    ++(middle == fresh ? kept : middle == old.substr(2048) ? lost : torn);
    EXPECT_EQ(middle.find_first_not_of("on"), std::string::npos);
  }
  EXPECT_GT(lost, 40);
  EXPECT_GT(kept, 40);
  EXPECT_GT(torn, 40);
}

TEST(CrashVfs, LosesAndKeepsWritesOutOfOrderAndTruncationsToo) {
  int later_without_earlier = 0, truncated = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const TemporaryDirectory directory(support::quick_parent());
    const std::string path = directory.path() + "/a";
    std::ofstream(path) << std::string(8192, 'o');
    CrashVfs disk(directory.path(), seed);
    {
      File file(path, plain);
      ASSERT_EQ(file.write(std::string(512, '1'), 0), SQLITE_OK);
      ASSERT_EQ(file.write(std::string(512, '2'), 4096), SQLITE_OK);
      ASSERT_EQ(file.truncate(6000), SQLITE_OK);
    }
    disk.cut();
    disk.reboot();
    const std::string found = text_of(path);
    if (found[0] == 'o' && found[4096] == '2') ++later_without_earlier;
    if (found.size() == 6000) ++truncated;
  }
  EXPECT_GT(later_without_earlier, 10);
  EXPECT_GT(truncated, 40);
  EXPECT_LT(truncated, 160);
}

TEST(CrashVfs, AnEntryIsSureOnlyAfterItsDirectoryWasSynced) {
  int absent = 0, back = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const TemporaryDirectory directory(support::quick_parent());
    const auto path = [&](const char* name) { return directory.path() + "/" + name; };
    for (const char* name : {"doomed", "gone", "rows.db"}) std::ofstream(path(name)) << "old";
    CrashVfs disk(directory.path(), seed);
    sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
    ASSERT_EQ(vfs->xDelete(vfs, path("gone").c_str(), 1), SQLITE_OK);
    {
      File journal(path("rows.db-wal"), wal);
      ASSERT_EQ(journal.write("synced"), SQLITE_OK);
      ASSERT_EQ(journal.sync(), SQLITE_OK);  // with its directory
      File late(path("late"), plain);
      ASSERT_EQ(late.write("synced"), SQLITE_OK);
      ASSERT_EQ(late.sync(), SQLITE_OK);
      ASSERT_EQ(vfs->xDelete(vfs, path("doomed").c_str(), 0), SQLITE_OK);
    }
    disk.cut();
    disk.reboot();
    EXPECT_EQ(text_of(path("rows.db-wal")), "synced");
    EXPECT_FALSE(std::filesystem::exists(path("gone")));
    if (!std::filesystem::exists(path("late")))
      ++absent;
    else
      EXPECT_EQ(text_of(path("late")), "synced");
    if (std::filesystem::exists(path("doomed"))) ++back;
  }
  EXPECT_GT(absent, 20);
  EXPECT_LT(absent, 80);
  EXPECT_GT(back, 20);
  EXPECT_LT(back, 80);
}

TEST(CrashVfs, DiesInTheOperationItWasToldAndAnswersNothingUntilTheReboot) {
  const TemporaryDirectory directory(support::quick_parent());
  const std::string path = directory.path() + "/a";
  CrashVfs disk(directory.path(), 1);
  disk.cut_in(3);
  {
    File file(path, plain);
    EXPECT_EQ(file.write("x"), SQLITE_OK);
    EXPECT_FALSE(disk.dead());
    EXPECT_EQ(file.sync(), SQLITE_IOERR);
    EXPECT_TRUE(disk.dead());
    std::string bytes(1, ' ');
    for (const int result : {file.write("y"), file.sync(), file.truncate(0), file.read(bytes)})
      EXPECT_EQ(result, SQLITE_IOERR);
    EXPECT_EQ(File(path, plain).opened, SQLITE_IOERR);
    sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
    EXPECT_EQ(vfs->xDelete(vfs, path.c_str(), 1), SQLITE_IOERR);
  }
  EXPECT_EQ(disk.reboot(), Operation::sync);
  EXPECT_FALSE(disk.dead());
  EXPECT_EQ(File(path, plain).opened, SQLITE_OK);
}

// Rows that a database with these pragmas said it had committed, and that were not there after the cut.
int rows_lost(const char* pragmas, int seeds, Lie lie = Lie::none) {
  int lost = 0;
  for (int seed = 0; seed < seeds; ++seed) {
    const TemporaryDirectory directory(support::quick_parent());
    const std::string path = directory.path() + "/rows.db";
    CrashVfs disk(directory.path(), static_cast<std::uint64_t>(seed), lie);
    const auto run = [](sqlite3* handle, const std::string& sql) {
      return sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
    };
    sqlite3* handle = nullptr;
    sqlite3_open(path.c_str(), &handle);
    int committed = 0;
    if (run(handle, pragmas) && run(handle, "CREATE TABLE t(payload)")) {
      disk.cut_in(static_cast<std::uint64_t>(1 + seed % 60));
      while (run(handle, "INSERT INTO t VALUES(randomblob(3000))")) ++committed;
    }
    sqlite3_close(handle);
    disk.cut();
    disk.reboot();
    sqlite3_open(path.c_str(), &handle);
    int found = 0;
    sqlite3_stmt* count = nullptr;
    sqlite3_prepare_v2(handle, "SELECT count(payload) FROM t", -1, &count, nullptr);
    if (sqlite3_step(count) == SQLITE_ROW) found = sqlite3_column_int(count, 0);
    sqlite3_finalize(count);
    sqlite3_close(handle);
    lost += std::max(0, committed - found);
  }
  return lost;
}

TEST(CrashVfs, ADatabaseThatSyncsEachCommitLosesNoneInAnyModeOfLocking) {
  EXPECT_EQ(rows_lost("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;", 150), 0);
  EXPECT_EQ(rows_lost("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=8;", 150), 0);
  EXPECT_EQ(rows_lost("PRAGMA journal_mode=DELETE; PRAGMA synchronous=EXTRA;", 150), 0);
}

TEST(CrashVfs, ADatabaseThatDoesNotSyncEachCommitLosesSome) {
  EXPECT_GT(rows_lost("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;", 60), 0);
  EXPECT_GT(rows_lost("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;", 60), 0);
  EXPECT_GT(rows_lost("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;", 60, Lie::wal), 0);
}

}  // namespace
}  // namespace vouchgate
