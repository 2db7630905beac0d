// The size of the window over paths of different length, and the search for poison.
#include "gateway/window.hpp"

#include <gtest/gtest.h>

#include "gateway/poison.hpp"

namespace vouchgate::gateway {
namespace {

using namespace std::chrono_literals;

// A path that acknowledges a whole window once per round trip, at most `rate` a second.
std::uint32_t size_after(Duration trip, double rate, int seconds, std::uint32_t most = 1000) {
  Window window(most);
  Monotonic now{1h};
  for (const Monotonic end = now + std::chrono::seconds(seconds); now < end;) {
    const Monotonic sent = now;
    now += trip;
    const double per_trip = rate * std::chrono::duration<double>(trip).count();
    window.acked(static_cast<std::size_t>(std::min<double>(window.size(), per_trip)), sent, now);
  }
  return window.size();
}

TEST(Window, stays_small_on_a_short_path) { EXPECT_EQ(size_after(1ms, 20'000, 5), 200u); }
TEST(Window, grows_until_a_long_path_is_full) {
  EXPECT_GE(size_after(50ms, 12'000, 5), 900u);
  EXPECT_LE(size_after(50ms, 4'000, 5), 450u);
}
TEST(Window, never_exceeds_its_limit_and_may_be_below_its_floor) {
  EXPECT_EQ(size_after(500ms, 100'000, 20), 1000u);
  EXPECT_EQ(size_after(50ms, 12'000, 5, 20), 20u);
}

TEST(Poison, is_sent_alone_after_two_sessions_and_condemned_only_when_it_was_alone) {
  Poison poison(4);
  EXPECT_FALSE(poison.session_lost({1, 2, 3}, false));
  EXPECT_FALSE(poison.must_go_alone(2));
  EXPECT_FALSE(poison.session_lost({1, 2, 3}, false));
  EXPECT_TRUE(poison.must_go_alone(2));
  poison.acked(1);
  EXPECT_FALSE(poison.must_go_alone(1));
  EXPECT_FALSE(poison.session_lost({2}, true));
  EXPECT_EQ(poison.session_lost({2}, true), std::optional<Seq>(2));
  EXPECT_FALSE(poison.must_go_alone(2));
  EXPECT_TRUE(poison.must_go_alone(3));
}
TEST(Poison, needs_twice_the_proof_each_time_until_the_cloud_takes_something) {
  Poison poison(2);
  const auto sessions_for = [&](Seq seq) {
    int sessions = 1;
    while (!poison.session_lost({seq}, true)) ++sessions;
    return sessions;
  };
  EXPECT_EQ(sessions_for(1), 2);
  EXPECT_EQ(sessions_for(2), 4);
  EXPECT_EQ(sessions_for(3), 8);
  poison.acked(0);
  EXPECT_EQ(sessions_for(4), 2);
}

TEST(Poison, zero_means_never) {
  Poison poison(0);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(poison.session_lost({1}, true));
}

}  // namespace
}  // namespace vouchgate::gateway
