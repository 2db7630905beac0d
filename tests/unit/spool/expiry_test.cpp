// What is over its age goes, and nothing else: clocks that were wrong, records from the future. Never waits for a day.
#include "spool_fixture.hpp"

namespace vouchgate {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using support::event;
using support::sum;
using ::testing::ElementsAre;

class SpoolExpiry : public support::SpoolFixture {
 protected:
  SpoolExpiry() { settings.max_age = hours(1); }
  void append_many(int count) {
    int stored = 0;
    for (int i = 0; i < count; ++i)
      spool->append(event("pump-1", "x"), [&](const Result<Seq>& seq) { stored += seq ? 1 : 0; });
    ASSERT_TRUE(loop.run_until([&] { return stored == count; }));
  }
};

TEST_F(SpoolExpiry, ARecordFromTheFutureDoesNotHoldBackThoseBehindIt) {
  open();
  ASSERT_TRUE(user->append(event("pump-1", "before")));
  time.step_wall(hours(24 * 365 * 10));
  ASSERT_TRUE(user->append(event("pump-1", "under a wrong clock")));
  time.step_wall(-hours(24 * 365 * 10));
  ASSERT_TRUE(user->append(event("pump-1", "old")));
  time.advance(minutes(50));
  ASSERT_TRUE(user->append(event("pump-1", "young")));
  time.advance(minutes(12));
  EXPECT_EQ(user->settled().total.expired, 2u);
  EXPECT_THAT(user->seqs("pump-1"), ElementsAre(2, 4)) << "its own age is not known";
}

TEST_F(SpoolExpiry, AFloodFromTheFutureIsPassedStepByStep) {
  open();
  time.step_wall(hours(24 * 365 * 10));
  append_many(25'000);
  time.step_wall(-hours(24 * 365 * 10));
  ASSERT_TRUE(user->append(event("pump-1", "old")));
  time.advance(minutes(61));
  for (int i = 0; i < 10 && user->settled().total.expired == 0; ++i) time.advance(minutes(1));
  EXPECT_EQ(user->settled().total.expired, 1u);
  EXPECT_EQ(user->settled().total.pending, 25'000u);
  time.advance(minutes(1));
  ASSERT_TRUE(user->append(event("pump-1", "old again")));
  time.advance(minutes(61));
  for (int i = 0; i < 10 && user->settled().total.expired == 1; ++i) time.advance(minutes(1));
  EXPECT_EQ(user->settled().total.expired, 2u);
}

TEST_F(SpoolExpiry, AClockThatGoesBackExpiresNothing) {
  open();
  ASSERT_TRUE(user->append(event("pump-1", "x")));
  time.step_wall(-hours(24));
  time.advance(minutes(2));
  EXPECT_EQ(user->settled().total.expired, 0u);
  time.step_wall(hours(24));
  time.advance(minutes(2));
  EXPECT_EQ(user->settled().total.expired, 0u) << "nor does it come back as old";
}

TEST_F(SpoolExpiry, DoesNotExpireWhatWasStoredUnderAWrongClock) {
  time.step_wall(-(time.wall().time_since_epoch() / std::chrono::milliseconds(1)) * Duration(1));  // 1970
  open();
  ASSERT_TRUE(user->append(event("pump-1", "stored in 1970")));
  time.step_wall(hours(24 * 365 * 60));  // time synchronisation
  time.advance(minutes(2));
  EXPECT_EQ(user->settled().total.expired, 0u);
  time.advance(minutes(62));
  EXPECT_EQ(user->settled().total.expired, 1u) << "its age counts from the first plausible time";
}

TEST_F(SpoolExpiry, DoesNotExpireWhatWentToQuarantineUnderAWrongClock) {
  time.step_wall(-(time.wall().time_since_epoch() / std::chrono::milliseconds(1)) * Duration(1));  // 1970
  open();
  ASSERT_TRUE(user->append(event("pump-1", "bad")));
  spool->quarantine(1, "bad");
  user->settled();
  time.step_wall(hours(24 * 365 * 60));
  time.advance(minutes(2));
  EXPECT_EQ(user->settled().total.quarantined, 1u);
  EXPECT_EQ(user->settled().total.expired, 0u);
  time.advance(minutes(62));
  EXPECT_EQ(user->settled().total.quarantined, 0u);
  EXPECT_EQ(user->settled().total.expired, 1u);
}

TEST_F(SpoolExpiry, WhatIsInQuarantineExpiresToo) {
  open();
  ASSERT_TRUE(user->append(event("pump-1", "bad")));
  spool->quarantine(1, "bad");
  user->settled();
  time.advance(minutes(62));
  const Ledger ledger = user->settled().total;
  EXPECT_EQ(ledger.expired, 1u);
  EXPECT_EQ(ledger.quarantined, 0u);
  EXPECT_EQ(sum(ledger), 1u);
  EXPECT_EQ(user->settled().bytes, 0u);
}

TEST_F(SpoolExpiry, WhatIsRetriedAgesFromThenOn) {
  open();
  ASSERT_TRUE(user->append(event("pump-1", "bad")));
  time.advance(minutes(40));
  spool->quarantine(1, "bad");
  user->settled();
  time.advance(minutes(50));
  EXPECT_EQ(user->settled().total.quarantined, 1u);
  ASSERT_TRUE(user->retry(1));
  time.advance(minutes(50));
  EXPECT_THAT(user->seqs("pump-1"), ElementsAre(2));
  time.advance(minutes(12));
  EXPECT_EQ(user->settled().total.expired, 1u);
}

}  // namespace
}  // namespace vouchgate
