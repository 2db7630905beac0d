// Opening, closing and opening again: what survives and what is refused.
#include "vouchgate/spool/open.hpp"

#include <sqlite3.h>

#include <filesystem>

#include "spool_fixture.hpp"
#include "vouchgate/base/log.hpp"

namespace vouchgate {
namespace {

using support::event;
using support::sum;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using SpoolOpen = support::SpoolFixture;

void run_sql(const std::string& path, const char* sql) {
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(handle);
  sqlite3_close(handle);
}

TEST_F(SpoolOpen, ContinuesWithRecordsNumbersAndLedgerAfterReopening) {
  open();
  for (const char* id : {"pump-1", "pump-2", "pump-1"}) ASSERT_TRUE(user->append(event(id, "x")));
  spool->forget({1});
  open();
  EXPECT_THAT(user->seqs("pump-1"), ElementsAre(3));
  EXPECT_THAT(user->pending().value(), ElementsAre(std::pair("pump-1", 1u), std::pair("pump-2", 1u)));
  EXPECT_EQ(user->append(event("pump-1", "y")).value(), 4u);
  const SpoolUsage usage = user->settled();
  EXPECT_EQ(usage.total.stored, 4u);
  EXPECT_EQ(usage.total.delivered, 1u);
  EXPECT_EQ(sum(usage.total), 4u);
}

TEST_F(SpoolOpen, NeverGivesANumberAgainEvenWhenEverythingWasDeliveredBefore) {
  open();
  ASSERT_TRUE(user->append(event("pump-1", "x")));
  ASSERT_TRUE(user->append(event("pump-1", "x")));
  spool->forget({1, 2});
  open();
  EXPECT_EQ(user->append(event("pump-1", "x")).value(), 3u);
}

TEST_F(SpoolOpen, CommitsWhatIsQueuedWhenClosed) {
  settings.commit_interval = std::chrono::hours(1);
  open();
  ASSERT_TRUE(user->append(event("pump-1", "first")));
  int stored = 0;
  for (int i = 0; i < 5; ++i) spool->append(event("pump-1", "x"), [&](const Result<Seq>& r) { stored += r ? 1 : 0; });
  spool->forget({1});
  open();
  loop.run_all();
  EXPECT_EQ(stored, 5);
  EXPECT_THAT(user->seqs("pump-1"), ElementsAre(2, 3, 4, 5, 6));
}

TEST_F(SpoolOpen, RefusesASecondOwner) {
  open();
  const auto second = spool::open(settings, time, loop.post());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::busy);
}

TEST_F(SpoolOpen, KeepsItsFilesFromOtherUsers) {
  open();
  namespace fs = std::filesystem;
  EXPECT_EQ(fs::status(settings.path).permissions() & (fs::perms::group_all | fs::perms::others_all), fs::perms::none);
  EXPECT_EQ(fs::status(database()).permissions() & (fs::perms::group_all | fs::perms::others_all), fs::perms::none);
}

TEST_F(SpoolOpen, SaysWhyADirectoryCannotBeUsed) {
  std::ofstream(settings.path) << "a file";
  const auto opened = spool::open(settings, time, loop.post());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::unavailable);
  EXPECT_THAT(opened.error().line(), HasSubstr(settings.path));
}

TEST_F(SpoolOpen, SetsADamagedDatabaseAsideAndCountsOnBeyondIt) {
  open();
  for (int i = 0; i < 100; ++i) spool->append(event("pump-1", std::string(200, 'x')), [](const Result<Seq>&) {});
  const Seq last = user->append(event("pump-1", "x")).value();
  spool.reset();
  {
    std::fstream file(database(), std::ios::in | std::ios::out | std::ios::binary);
    for (int page = 1; page < 8; ++page) file.seekp(page * 4096) << std::string(64, '\xff');
  }
  open();
  EXPECT_THAT(spool->set_aside(), HasSubstr(".damaged-"));
  EXPECT_TRUE(std::filesystem::exists(spool->set_aside()));
  EXPECT_TRUE(user->pending().value().empty());
  EXPECT_GT(user->append(event("pump-1", "x")).value(), last);
  open();
  EXPECT_EQ(spool->set_aside(), "");
  EXPECT_EQ(user->seqs("pump-1").size(), 1u);
}

TEST_F(SpoolOpen, SetsAFileThatIsNoDatabaseAside) {
  std::filesystem::create_directories(settings.path);
  std::ofstream(database()) << std::string(5000, 'z');
  open();
  EXPECT_TRUE(std::filesystem::exists(spool->set_aside()));
  EXPECT_TRUE(user->append(event("pump-1", "x")));
}

TEST_F(SpoolOpen, LeavesTheLayoutOfANewerVersionAlone) {
  open();
  spool.reset();
  run_sql(database(), "PRAGMA user_version=2");
  const auto opened = spool::open(settings, time, loop.post());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::mismatch);
  EXPECT_TRUE(std::filesystem::exists(database()));
}

TEST_F(SpoolOpen, MovesARecordThatDoesNotCheckAsideAndGoesOn) {
  open();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(user->append(event("pump-1", "x")));
  spool.reset();
  run_sql(database(), "UPDATE message SET kind = 9 WHERE seq = 2");
  open();
  EXPECT_THAT(user->seqs("pump-1"), ElementsAre(1, 3));
  ASSERT_TRUE(user->append(event("pump-1", "x")));
  const Ledger ledger = user->settled().by_device.at("pump-1");
  EXPECT_EQ(ledger.quarantined, 1u);
  EXPECT_EQ(ledger.pending, 3u);
  EXPECT_EQ(sum(ledger), 4u);
  open();
  EXPECT_THAT(user->seqs("pump-1"), ElementsAre(1, 3, 4));
}

class Heard : public log::Sink {
 public:
  void write(const log::Line& line) override { lines.push_back(line.text); }
  std::vector<std::string> lines;
};

TEST_F(SpoolOpen, DamageIsToldWithTheMessageItHit) {
  const auto heard = std::make_shared<Heard>();
  const auto before = log::set_sink(heard);
  open();
  for (const char* text : {"a", "b", "c"}) ASSERT_TRUE(user->append(event("pump-1", text)));
  spool.reset();
  run_sql(database(), "UPDATE message SET payload = CAST('x' AS BLOB) WHERE seq = 2");
  open();
  EXPECT_THAT(user->seqs("pump-1"), ElementsAre(1, 3));
  EXPECT_THAT(user->seqs("pump-1"), ElementsAre(1, 3));
  spool.reset();
  log::set_sink(before);
  EXPECT_THAT(heard->lines, ElementsAre("spool: message 2 of pump-1 is damaged on the disk; put into quarantine"));
}

TEST_F(SpoolOpen, ABitThatFlippedCostsItsRecordOnlyAndCannotBeRetried) {
  open();
  for (const char* text : {"a", "the payload", "c"}) ASSERT_TRUE(user->append(event("pump-1", text)));
  spool.reset();
  run_sql(database(), "UPDATE message SET payload = CAST('the paxload' AS BLOB) WHERE seq = 2");
  open();
  EXPECT_THAT(user->seqs("pump-1"), ElementsAre(1, 3));
  const auto kept = user->quarantined().value();
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept[0].reason, "damaged on the disk");
  EXPECT_NE(user->retry(2).error().line().find("damaged"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(settings.path + "/suspect")) << "the database itself is sound";
  EXPECT_TRUE(user->discard(2));
  const auto lines = user->audit().value();
  for (const AuditLine& line : lines) EXPECT_TRUE(line.adds_up());
}

TEST_F(SpoolOpen, ARecordThatTurnsUpUnderAnotherDeviceIsDamagedAndNotSentInItsName) {
  open();
  ASSERT_TRUE(user->append(event("pump-1", "mine")));
  ASSERT_TRUE(user->append(event("pump-2", "other")));
  spool.reset();
  run_sql(database(), "UPDATE message SET device = 2 WHERE seq = 1");
  open();
  EXPECT_THAT(user->seqs("pump-2"), ElementsAre(2));
  EXPECT_EQ(user->quarantined().value().size(), 1u);
  EXPECT_EQ(user->retry(1).error().code, Code::mismatch);
}

// A counter that forgot some numbers would make every append fail for ever.
TEST_F(SpoolOpen, CountsOnBeyondWhatIsThereWhateverTheBooksSay) {
  open();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(user->append(event("pump-1", "x")));
  const auto forgetful = [this] {
    spool.reset();
    run_sql(database(), "UPDATE device SET last_seq = 1");
    open();
    return user->append(event("pump-1", "x")).value_or(0);
  };
  EXPECT_EQ(forgetful(), 4u);
  spool->quarantine(4, "bad");
  EXPECT_EQ(forgetful(), 5u);
}

// Only the length is wrong, so what was booked cannot be given back exactly: an empty account holds nothing.
TEST_F(SpoolOpen, ADamagedLengthDoesNotOccupyTheSpoolForEver) {
  open();
  ASSERT_TRUE(user->append(event("pump-1", "the payload")));
  spool.reset();
  run_sql(database(), "UPDATE message SET payload = CAST('t' AS BLOB) WHERE seq = 1");
  open();
  EXPECT_TRUE(user->seqs("pump-1").empty());
  EXPECT_TRUE(user->discard(1));
  EXPECT_EQ(user->settled().bytes, 0u);
  EXPECT_TRUE(user->audit().value().at(0).adds_up());
}

TEST_F(SpoolOpen, TheAuditFindsABookThatLies) {
  open();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(user->append(event("pump-1", "x")));
  spool.reset();
  run_sql(database(), "DELETE FROM message WHERE seq = 2");
  open();
  const auto lines = user->audit().value();
  EXPECT_FALSE(lines.at(0).adds_up());
  EXPECT_EQ(lines.at(0).pending_found, 2u);
}

}  // namespace
}  // namespace vouchgate
