// What may stand in metrics.listen, and what is local. Never opens a socket.
#include "vouchgate/model/listen_address.hpp"

#include <gtest/gtest.h>

namespace vouchgate {
namespace {

TEST(ListenAddress, IsANumericAddressAndAPort) {
  for (const char* text : {"127.0.0.1:9464", "[::1]:9464", "0.0.0.0:1", "[fe80::1]:65535"}) {
    const auto address = ListenAddress::parse(text);
    ASSERT_TRUE(address.has_value()) << text;
    EXPECT_EQ(address->text(), text);
  }
}

TEST(ListenAddress, RefusesWhatItCannotListenAt) {
  const std::pair<const char*, const char*> table[] = {{"9464", "has no port"},
                                                       {"localhost:9464", "has no numeric address"},
                                                       {":9464", "has no numeric address"},
                                                       {"::1:9464", "has no numeric address"},
                                                       {"[]:9464", "has no numeric address"},
                                                       {"127.0.0.1:0", "has no usable port (1 to 65535)"},
                                                       {"127.0.0.1:65536", "has no usable port (1 to 65535)"},
                                                       {"127.0.0.1:80x", "has no usable port (1 to 65535)"},
                                                       {"127.0.0.1:", "has no usable port (1 to 65535)"}};
  for (const auto& [text, reason] : table) {
    const auto address = ListenAddress::parse(text);
    ASSERT_FALSE(address.has_value()) << text;
    EXPECT_EQ(address.error().reason, reason) << text;
  }
}

}  // namespace
}  // namespace vouchgate
