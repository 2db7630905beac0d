// What the status says of speed: counts of the last seconds and the last hour, autonomy, the round trip.
#include "gateway/traffic.hpp"

#include <gtest/gtest.h>

#include "gateway/round_trip.hpp"

namespace vouchgate::gateway {
namespace {

using namespace std::chrono_literals;

// Ten messages of 100 bytes a second, all delivered, from a spool that has had others before.
struct Steady {
  Traffic traffic;
  TrafficCounts totals{1000, 990, 5, 0};
  Monotonic now{1h};
  void run(int seconds) {
    if (totals.bytes == 0) traffic.sample(totals, now);
    for (int i = 0; i < seconds; ++i) {
      now += 1s;
      totals.in += 10;
      totals.out += 10;
      totals.bytes += 1000;
      traffic.sample(totals, now);
    }
  }
};

TEST(Traffic, counts_since_the_start_and_lately) {
  Steady steady;
  steady.run(60);
  const TrafficStatus status = steady.traffic.status(0);
  EXPECT_EQ(status.since_start.in, 600u);
  EXPECT_EQ(status.since_start.refused, 0u);
  EXPECT_EQ(status.lately.in, 100u);
  EXPECT_EQ(status.lately_for, 10s);
}

TEST(Traffic, keeps_an_hour_in_steps_and_the_step_under_way) {
  Steady steady;
  steady.run(3 * 3600 + 30);
  const TrafficStatus status = steady.traffic.status(0);
  ASSERT_EQ(status.last_hour.size(), 13u);
  for (std::size_t i = 1; i < 12; ++i) EXPECT_EQ(status.last_hour[i].in, 3000u) << i;
  EXPECT_LE(status.last_hour.back().in, 310u);
  EXPECT_EQ(status.step, 5min);
}

TEST(Traffic, an_hour_asleep_shows_nothing_but_what_came_after) {
  Steady steady;
  steady.run(60);
  steady.now += 30min;
  steady.run(1);
  const TrafficStatus status = steady.traffic.status(0);
  ASSERT_EQ(status.last_hour.size(), 7u);
  EXPECT_EQ(status.last_hour.front().in, 600u);
  for (std::size_t i = 1; i < 6; ++i) EXPECT_EQ(status.last_hour[i].in, 0u) << i;
  EXPECT_EQ(status.last_hour.back().in, 10u);
}

TEST(Traffic, autonomy_is_room_over_the_rate_of_the_last_hour) {
  Steady steady;
  EXPECT_FALSE(steady.traffic.status(1'000'000).autonomy) << "nothing is known yet";
  steady.run(100);
  EXPECT_EQ(steady.traffic.status(3'600'000).autonomy, 1h);
  Traffic idle;
  idle.sample({}, Monotonic(1h));
  idle.sample({}, Monotonic(2h));
  EXPECT_FALSE(idle.status(1'000'000).autonomy);
}

TEST(Traffic, a_counter_that_begins_anew_is_no_flood) {
  Traffic traffic;
  traffic.sample({500, 500, 0, 0}, Monotonic(1h));
  traffic.sample({3, 3, 0, 0}, Monotonic(1h) + 1s);
  EXPECT_EQ(traffic.status(0).since_start.in, 3u);
}

TEST(RoundTrip, is_smoothed_and_goes_stale) {
  RoundTrip trip;
  const Monotonic now{1h};
  EXPECT_FALSE(trip.smoothed(now));
  trip.sample(40ms, now);
  trip.sample(120ms, now);
  EXPECT_EQ(trip.smoothed(now), 50ms);
  EXPECT_TRUE(trip.smoothed(now + 1min));
  EXPECT_FALSE(trip.smoothed(now + 61s));
  trip.sample(8ms, now + 2min);
  EXPECT_EQ(trip.smoothed(now + 2min), 8ms) << "the old figure is forgotten";
  trip.session_ended();
  EXPECT_FALSE(trip.smoothed(now + 2min));
}

}  // namespace
}  // namespace vouchgate::gateway
