// Plans as a table of cases: each promise of the configuration and the warning when it cannot be kept.
#include "cli/plan.hpp"

#include <gmock/gmock.h>

namespace vouchgate::cli {
namespace {

using std::chrono::hours;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t mib = 1024 * 1024;
constexpr std::uint64_t gib = 1024 * mib;

// An hour of 1 message a second fits exactly; nothing is tight.
PlanInput calm() {
  PlanInput in;
  in.rate = 1;
  in.size = 256;
  in.spool.max_bytes = 3600 * (256 + 64);
  in.spool.max_age = hours(1);
  in.devices = 2;
  in.disk_free = 4 * gib;
  in.disk_size = 8 * gib;
  in.flash = {"emmc", 3000, ""};
  return in;
}

std::vector<std::string> texts(const Plan& plan) {
  std::vector<std::string> out;
  for (const PlanWarning& warning : plan.warnings) {
    EXPECT_FALSE(warning.hint.empty()) << warning.what;
    out.push_back(warning.what);
  }
  return out;
}

TEST(Plan, a_configuration_that_keeps_its_promises_has_no_warning) {
  const Plan out = plan(calm());
  EXPECT_EQ(out.messages, 3600u);
  EXPECT_EQ(out.autonomy, hours(1));
  EXPECT_EQ(out.drain, Duration(3600 * 1000 / 99));
  EXPECT_THAT(texts(out), IsEmpty());
}

TEST(Plan, each_broken_promise_has_its_warning) {
  struct Case {
    const char* what;
    void (*change)(PlanInput&);
    const char* warning;
  };
  const Case cases[] = {
      {"age", [](PlanInput& in) { in.spool.max_age = hours(48); },
       "spool.max_age is 2 d 0 h, but the spool is full after 60 min"},
      {"disk", [](PlanInput& in) { in.spool.max_bytes = 8 * gib; },
       "the file system leaves 3.9 GiB above spool.min_free"},
      {"share", [](PlanInput& in) { in.spool.device_share = 49, in.spool.max_age = Duration(1); },
       "2 children with spool.device_share 49 cannot fill the spool"},
      {"rate", [](PlanInput& in) { in.rate = 100, in.spool.max_age = Duration(1), in.disk_size = 1024 * gib; },
       "the cloud takes 100 messages a second and 100 come in"},
      {"bytes",
       [](PlanInput& in) { in.size = 100000, in.rate = 6, in.spool.max_age = Duration(1), in.disk_size = 1024 * gib; },
       "the cloud takes 5.24 messages a second and 6.00 come in"},
      {"size",
       [](PlanInput& in) { in.size = mib, in.rate = 0.1, in.spool.max_age = Duration(1), in.disk_size = 1024 * gib; },
       "larger than the cloud takes"},
      {"wear", [](PlanInput& in) { in.rate = 90, in.spool.max_age = Duration(1), in.disk_size = gib; },
       "wears the flash out in less than 5 years"},
  };
  for (const Case& one : cases) {
    PlanInput in = calm();
    one.change(in);
    EXPECT_THAT(texts(plan(in)), ElementsAre(HasSubstr(one.warning))) << one.what;
  }
}

TEST(Plan, absurd_loads_stay_within_what_can_be_printed) {
  PlanInput in = calm();
  in.rate = 1e6;
  in.size = gib;
  EXPECT_LE(plan(in).written_a_day, 1e18);
  EXPECT_GE(plan(in).flash_years, 0);
}

TEST(Plan, nothing_outlives_max_age_however_large_the_spool) {
  PlanInput in = calm();
  in.rate = 0.01;  // fills the spool in 100 hours
  const Plan out = plan(in);
  EXPECT_EQ(out.autonomy, hours(1)) << "from then on messages expire";
  EXPECT_EQ(out.full_after, hours(100));
  EXPECT_THAT(texts(out), IsEmpty());
}

TEST(Plan, a_full_disk_leaves_no_autonomy) {
  PlanInput in = calm();
  in.disk_free = in.spool.min_free - 1;
  EXPECT_EQ(plan(in).autonomy, Duration(0));
  EXPECT_EQ(plan(in).capacity, 0u);
  in.held = 1 + 64;  // what the spool holds already is its own
  EXPECT_EQ(plan(in).capacity, 64u);
}

TEST(Plan, one_child_may_fill_the_spool_alone) {
  PlanInput in = calm();
  in.devices = 1;
  in.spool.device_share = 10;
  EXPECT_EQ(plan(in).messages, 3600u);
}

TEST(Plan, a_cloud_without_limits_drains_at_once) {
  PlanInput in = calm();
  in.limits.messages_per_second = 0;
  in.limits.bytes_per_second = 0;
  EXPECT_EQ(plan(in).drain, Duration(1));
}

TEST(Plan, amplification_goes_through_what_was_measured) {
  EXPECT_DOUBLE_EQ(amplification_at(100), 26);
  EXPECT_DOUBLE_EQ(amplification_at(2000), 4.7);
  EXPECT_DOUBLE_EQ(amplification_at(10000), 4.9);
  EXPECT_DOUBLE_EQ(amplification_at(1e6), 4.9);
  EXPECT_DOUBLE_EQ(amplification_at(50), 52) << "each message has a commit of its own";
  EXPECT_DOUBLE_EQ(amplification_at(0.01), 52);
  EXPECT_NEAR(amplification_at(447.2), 11.05, 0.01) << "half way between 100 and 2,000 on logarithmic scales";
}

TEST(Plan, large_messages_write_less_for_a_byte_and_small_ones_more) {
  PlanInput in = calm();
  in.rate = 100;
  const double usual = plan(in).written_a_day;
  EXPECT_NEAR(usual, 26.0 * 256 * 100 * 86400, 1);
  EXPECT_NEAR(plan(in).flash_years, 3000.0 * 8 * gib / (usual * 2 * 365), 1e-6);
  in.size = 16;
  EXPECT_DOUBLE_EQ(plan(in).written_a_day, usual);
  in.size = 2560;
  EXPECT_NEAR(plan(in).amplification, (26 * 256 + 4.7 * 2304) / 2560, 1e-9);
}

}  // namespace
}  // namespace vouchgate::cli
