// Builds and steps the gateway for the scenarios.
#include "gateway_fixture.hpp"

namespace vouchgate::scenario {

GatewayScenario::GatewayScenario() {
  settings.cloud.endpoints = {"mqtts://cloud.test:8883", "mqtts://cloud.test:443"};
  settings.cloud.iot_core.project = "demo";
  settings.cloud.iot_core.registry = "boxes";
  settings.cloud.iot_core.gateway = "gw-1";
  settings.cloud.limits.messages_per_second = 0;
  for (const char* name : {"pump-1", "pump-2", "thermo-1"}) {
    DeviceSettings device;
    device.id = name;
    settings.devices.push_back(device);
  }
  previous_sink_ = log::set_sink(logged);
  time.after_each([this] { loop.run_all(); });
}

GatewayScenario::~GatewayScenario() {
  gateway.reset();
  log::set_sink(previous_sink_);
}

void GatewayScenario::start() {
  if (!spool) spool = std::make_unique<support::MemorySpool>(settings.spool, time, loop.post());
  dialect = std::move(*dialect::make(settings.cloud));
  gateway::Parts parts{time,
                       time,
                       judge,
                       *spool,
                       cloud,
                       signer,
                       *dialect,
                       [] { return 0.5; },
                       [](const DeviceSettings& device, std::uint32_t uid) { return device.users.empty() || uid == 0; },
                       [](const DeviceSettings&) { return std::string("token-from-file"); },
                       "test"};
  auto made = gateway::make(settings, std::move(parts));
  ASSERT_TRUE(made) << made.error().text();
  gateway = std::move(*made);
  bool started = false;
  gateway->start([&](const Result<void>& result) { started = result.has_value(); });
  settle();
  ASSERT_TRUE(started);
  advance(1s);  // attach settles
}

void GatewayScenario::crash() {
  gateway.reset();
  cloud.drop();
  loop.drop_all();
}

Result<Welcome> GatewayScenario::hello(const std::string& device, Ack ack, ConnectionId connection) {
  return gateway->hello(Hello{connection, id(device), ack, "", 1000}, port);
}

void GatewayScenario::offer(const std::string& device, const std::string& payload, Kind kind) {
  gateway->offered(Offer{1, payload, Message{id(device), kind, Subfolder(), payload}});
}

void GatewayScenario::offer_many(const std::string& device, int first, int last) {
  for (int i = first; i <= last; ++i) offer(device, std::to_string(i));
}

std::string GatewayScenario::child_state(const std::string& device) const {
  for (const ChildStatus& child : gateway->status().children)
    if (child.device == device) return child.state;
  return "unknown";
}

std::vector<std::string> numbers(int first, int last) {
  std::vector<std::string> out;
  for (int i = first; i <= last; ++i) out.push_back(std::to_string(i));
  return out;
}

}  // namespace vouchgate::scenario
