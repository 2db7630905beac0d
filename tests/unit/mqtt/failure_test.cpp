// What Paho's few words mean. Never connects.
#include "mqtt/failure.hpp"

#include <gtest/gtest.h>

namespace vouchgate::mqtt {
namespace {

TEST(Failure, EveryUnknownConnackCodeCountsAsCredentials) {
  for (int code = 6; code < 256; ++code) EXPECT_EQ(connack_failure(code).kind, ConnectFailure::credentials) << code;
}

TEST(Failure, OpensslsTextMakesItATlsFailure) {
  bool ambiguous = true;
  const auto got = transport_failure("TCP/TLS connect failure", "certificate verify failed", "h", ambiguous);
  EXPECT_EQ(got.kind, ConnectFailure::tls);
  EXPECT_EQ(got.reason, "TLS: certificate verify failed");
  EXPECT_FALSE(ambiguous);
}

TEST(Failure, ASilentFailureAsksForALookAtTheNetwork) {
  for (const char* message : {"", "TCP/TLS connect failure"}) {
    bool ambiguous = false;
    EXPECT_EQ(transport_failure(message, "", "h", ambiguous).kind, ConnectFailure::tls);
    EXPECT_TRUE(ambiguous);
  }
}

TEST(Failure, ATimeoutAndAnEarlyCloseAreTheNetwork) {
  for (const char* message : {"TCP connect timeout", "TCP connect completion failure", "socket error"}) {
    bool ambiguous = true;
    EXPECT_EQ(transport_failure(message, "", "h", ambiguous).kind, ConnectFailure::network) << message;
    EXPECT_FALSE(ambiguous);
  }
}

TEST(Failure, OpensslsLinesLoseTheirNumbersAndRepeats) {
  EXPECT_EQ(tidy_tls_text("40E7:error:0A000086:SSL routines:tls_check:certificate verify failed:../ssl/statem.c:1889:\n"
                          "40E7:error:0A000086:SSL routines::certificate verify failed:../ssl/statem.c:1889:\n"),
            "certificate verify failed");
  EXPECT_EQ(tidy_tls_text("one\n\ntwo \r\n"), "one; two");
  EXPECT_EQ(tidy_tls_text(""), "");
}

}  // namespace
}  // namespace vouchgate::mqtt
