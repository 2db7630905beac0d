// Full jitter: the bounds of every wait, and the way back.
#include "vouchgate/base/backoff.hpp"

#include <gtest/gtest.h>

namespace vouchgate {
namespace {

constexpr double almost_one = 0.9999999;

TEST(Backoff, DoublesItsCeilingUpToTheCap) {
  Backoff backoff(Duration(1000), Duration(10000));
  for (const int ceiling : {1000, 2000, 4000, 8000, 10000, 10000}) {
    const auto wait = backoff.next(almost_one);
    EXPECT_GE(wait, Duration(ceiling - 1));
    EXPECT_LE(wait, Duration(ceiling));
  }
}

TEST(Backoff, StartsAtTheFloor) {
  Backoff backoff(Duration(1000), Duration(10000), Duration(200));
  EXPECT_EQ(backoff.next(0), Duration(200));
  EXPECT_EQ(backoff.next(0.5), Duration(1100));  // half way from 200 to 2000
}

TEST(Backoff, AFloorAboveTheCeilingWins) {
  Backoff backoff(Duration(100), Duration(10000), Duration(5000));
  EXPECT_EQ(backoff.next(almost_one), Duration(5000));
}

TEST(Backoff, ForgetsOnReset) {
  Backoff backoff(Duration(1000), Duration(60000));
  for (int i = 0; i < 5; ++i) backoff.next(0);
  EXPECT_EQ(backoff.failures(), 5);
  backoff.reset();
  EXPECT_EQ(backoff.failures(), 0);
  EXPECT_LE(backoff.next(almost_one), Duration(1000));
}

TEST(Backoff, NeverOverflowsHoweverLongTheOutage) {
  Backoff backoff(std::chrono::hours(1), std::chrono::hours(24));
  for (int i = 0; i < 10000; ++i) {
    const auto wait = backoff.next(almost_one);
    ASSERT_GE(wait, Duration(0)) << i;
    ASSERT_LE(wait, std::chrono::hours(24)) << i;
  }
}

}  // namespace
}  // namespace vouchgate
