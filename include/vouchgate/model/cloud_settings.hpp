// The part of the configuration that speaks of the cloud, as plain values with their defaults. Never reads a file.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace vouchgate {

using Duration = std::chrono::milliseconds;

struct TlsSettings {
  std::string ca_file = "/etc/ssl/certs/ca-certificates.crt";
  std::string alpn;  // empty = none
};
struct BackoffSettings {
  Duration base = std::chrono::seconds(2);
  Duration cap = std::chrono::seconds(120);
};
struct LimitSettings {
  std::uint32_t messages_per_second = 100;            // per connection; 0 = unlimited
  std::uint64_t bytes_per_second = 512 * 1024;        // payload, per connection; 0 = unlimited
  Duration state_interval = std::chrono::seconds(1);  // at most one state per child in this time; 0 = unlimited
  static constexpr std::uint32_t most_window = 2000;
  std::uint32_t window = 1000;  // the most publishes awaiting PUBACK; fewer while the round trip is short
};
struct AttachSettings {
  std::uint32_t max_attached = 1000;  // the cloud's limit of attached children per gateway
  Duration ack_timeout = std::chrono::seconds(10);
  Duration settle = Duration(200);  // how long after the PUBACK an error on the errors topic still refuses the attach
  BackoffSettings retry{std::chrono::seconds(5), std::chrono::minutes(10)};
};
struct IotCoreSettings {
  std::string project;
  std::string region = "us-central1";
  std::string registry;
  std::string gateway;
  std::string client_id = "projects/{project}/locations/{region}/registries/{registry}/devices/{gateway}";
  std::string topic_prefix = "/devices/{device}";  // KORE's copy: /{registry}/{device}
};
struct CloudSettings {
  std::string dialect = "iot-core";
  std::vector<std::string> endpoints;  // mqtts://host:port, tried in order
  TlsSettings tls;
  Duration keepalive = std::chrono::seconds(60);
  Duration connect_timeout = std::chrono::seconds(30);
  Duration ack_timeout = std::chrono::seconds(20);  // a PUBACK later than this means the session is dead
  BackoffSettings backoff;
  LimitSettings limits;
  AttachSettings attach;
  IotCoreSettings iot_core;
};
}  // namespace vouchgate
