// The policy as a table: which complaint of which layer has which remedy. Literal codes, as tpm2_rc_decode takes them.
#include "keys/tpm/recovery.hpp"

#include <gtest/gtest.h>

#include "keys/tpm/rc_map.hpp"

namespace vouchgate::keys::tpm {
namespace {

using enum Remedy;

struct Case {
  TSS2_RC rc;
  Remedy bare, managed;
  const char* what;
};

constexpr Case cases[] = {
    {0x000, none, none, "success"},
    // The TPM, "not begun": Part 2, 6.6.3.
    {0x922, repeat, repeat, "retry"},
    {0x908, repeat, repeat, "yielded"},
    {0x90a, repeat, repeat, "testing"},
    {0x920, repeat, repeat, "NV rate"},
    {0x923, repeat, repeat, "NV unavailable"},
    {0xc0922, repeat, repeat, "retry, through a resource manager"},
    // The TPM, its state.
    {0x100, start_up, none, "no Startup"},
    {0x101, none, none, "failure mode"},
    {0x130, none, none, "reboot"},
    {0x12d, none, none, "field upgrade"},
    {0x921, none, none, "lockout"},
    // Places.
    {0x902, sweep, reopen, "object memory"},
    {0x904, sweep, reopen, "memory"},
    {0x906, sweep, reopen, "object handles"},
    {0x903, reopen, reopen, "session memory"},
    {0x905, reopen, reopen, "session handles"},
    {0x901, reopen, reopen, "context gap"},
    {0xc0902, sweep, reopen, "object memory, through a resource manager"},
    // Handles that point nowhere.
    {0x18b, reopen, reopen, "handle 1"},
    {0x28b, reopen, reopen, "handle 2"},
    {0x910, reopen, reopen, "reference H0"},
    {0x918, reopen, reopen, "reference S0"},
    // Authorisation: the same value would fail again, and may count.
    {0x98e, none, none, "authorisation failed, session 1"},
    {0x9a2, none, none, "bad authorisation, session 1"},
    {0x12f, none, none, "authorisation unavailable"},
    {0x99d, none, none, "policy failed"},
    // What the same command would only meet again.
    {0x1df, none, none, "integrity"},
    {0x14b, none, none, "NV space"},
    {0x2c3, none, none, "hash"},
    // Other layers.
    {0xa000a, reopen, reopen, "TCTI: I/O error"},
    {0xa0008, reopen, reopen, "TCTI: no connection"},
    {0xa0014, reopen, reopen, "TCTI: malformed response"},
    {0xa0007, reopen, reopen, "TCTI: bad sequence"},
    {no_answer, none, none, "TCTI: our deadline"},
    {0x70007, reopen, reopen, "ESAPI: bad sequence"},
    {0x70016, reopen, reopen, "ESAPI: response authorisation failed"},
    {0x80007, reopen, reopen, "SAPI: bad sequence"},
    {0xb0143, reopen, reopen, "the resource manager's own"},
    {0x90006, none, none, "marshalling: a defect of ours"},
};

TEST(Recovery, every_complaint_has_the_remedy_that_its_layer_and_the_resource_manager_allow) {
  for (const Case& c : cases) {
    EXPECT_EQ(remedy(c.rc, false), c.bare) << c.what;
    EXPECT_EQ(remedy(c.rc, true), c.managed) << c.what;
  }
}

TEST(Recovery, every_complaint_that_ends_a_signature_is_said_in_words_of_its_own) {
  for (const Case& c : cases) {
    if (c.rc == 0) continue;
    const Error error = explain(c.rc, "0x81000100");
    EXPECT_FALSE(error.reason.empty()) << c.what;
    EXPECT_TRUE(remedy(c.rc, false) == none || error.code != Code::internal) << c.what << ": " << error.line();
  }
}

TEST(Recovery, no_authorisation_failure_and_no_lockout_is_ever_tried_again) {
  for (TSS2_RC number = 0; number < 16; ++number)  // every session, parameter and handle number
    for (const TSS2_RC code : {0x08eu, 0x0a2u})
      for (const TSS2_RC layer : {0x00000u, 0xc0000u})
        for (const bool managed : {false, true}) {
          EXPECT_EQ(remedy(layer | code | number << 8, managed), none) << std::hex << (code | number << 8);
          EXPECT_FALSE(pause_before_repeat(layer | code | number << 8, 0));
        }
  EXPECT_EQ(remedy(0x921, false), none);
  EXPECT_FALSE(pause_before_repeat(0x921, 0));
}

TEST(Recovery, a_busy_tpm_is_asked_again_for_three_seconds_and_no_longer) {
  for (const TSS2_RC rc : {0x922u, 0x908u, 0x90au, 0x920u, 0x923u, 0xc0922u}) {
    std::chrono::milliseconds total{0};
    int repeats = 0;
    while (const auto pause = pause_before_repeat(rc, repeats)) {
      EXPECT_GT(pause->count(), 0);
      total += *pause;
      ASSERT_LT(++repeats, 100);
    }
    EXPECT_EQ(total, std::chrono::seconds(3)) << std::hex << rc;
  }
  EXPECT_FALSE(pause_before_repeat(0, 0));
  EXPECT_FALSE(pause_before_repeat(0x902, 0)) << "a pause does not free a slot";
}

TEST(Recovery, the_resource_manager_shows_in_the_transport) {
  EXPECT_TRUE(is_managed("device:/dev/tpmrm0"));
  EXPECT_TRUE(is_managed("tabrmd:bus_type=system"));
  EXPECT_FALSE(is_managed("device:/dev/tpm0"));
  EXPECT_FALSE(is_managed("swtpm:path=/run/tpm.sock"));
  EXPECT_FALSE(is_managed("mssim:port=2321"));
}

}  // namespace
}  // namespace vouchgate::keys::tpm
