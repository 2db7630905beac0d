// Who waits to hear what. Never outgrows its limit.
#include "gateway/listeners.hpp"

#include <gtest/gtest.h>

namespace vouchgate::gateway {
namespace {

class Port : public ChildPort {
 public:
  void stored(ConnectionId, const DeviceId&, const std::string&, Seq) override {}
  void delivered(ConnectionId, const DeviceId&, const std::string&, Seq seq) override { heard.push_back(seq); }
  void refused(ConnectionId, const DeviceId&, const std::string&, const Error&) override {}
  void config(ConnectionId, const DeviceId&, const std::string&) override {}
  void command(ConnectionId, const DeviceId&, const std::string&, const std::string&) override {}
  void attachment(ConnectionId, const DeviceId&, bool, const std::string&) override {}
  std::vector<Seq> heard;
};

TEST(Listeners, a_long_outage_costs_the_oldest_their_delivered_and_no_more_memory) {
  Listeners listeners;
  Port port;
  const DeviceId device = *DeviceId::parse("pump-1");
  listeners.hello(Hello{1, device, Ack::both, "", 0}, port);
  const Offer offer{1, "id", Message{device, Kind::event, Subfolder(), ""}};
  const Seq last = Listeners::most_waiting + 10;
  for (Seq seq = 1; seq <= last; ++seq) listeners.await_delivery(seq, offer);
  EXPECT_EQ(listeners.waiting(), Listeners::most_waiting);
  listeners.delivered({1, 10, 11, last});
  EXPECT_EQ(port.heard, (std::vector<Seq>{11, last}));
}

}  // namespace
}  // namespace vouchgate::gateway
