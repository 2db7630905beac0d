// The whole configuration as plain values with their defaults. Keys, ranges, units and help stand in the config room.
// Never reads a file.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace vouchgate {

using Duration = std::chrono::milliseconds;

struct TpmSettings {
  std::string tcti = "device:/dev/tpmrm0";  // always explicit: a NULL TCTI may end at TCP on localhost
  std::uint32_t handle = 0x81000100;
  std::uint32_t parent = 0x81000001;
  std::string key_file = "/var/lib/vouchgate/key.tss2.pem";  // portable form and pinned Name
  std::string auth_file;  // empty = empty auth value; "credential:NAME" = a systemd credential
};
struct FileKeySettings {
  std::string path = "/etc/vouchgate/key.pem";
};
struct KeySettings {
  std::string holder = "tpm";
  std::string algorithm = "ES256";
  TpmSettings tpm;
  FileKeySettings file;
};

struct TokenSettings {
  Duration lifetime = std::chrono::minutes(60);
  Duration renew_before = std::chrono::minutes(10);
  Duration clock_skew = std::chrono::minutes(10);  // what the cloud forgives on iat and exp
  Duration backdate = std::chrono::seconds(30);    // how far iat lies in the past
  std::string audience;                            // empty = cloud.iot_core.project
  std::string kid;                                 // empty = no kid in the header
  std::map<std::string, std::string> claims;       // extra claims, string values
};
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
  Duration state_interval = std::chrono::seconds(1);  // at most one state per child in this time; 0 = unlimited
  std::uint32_t window = 256;                         // publishes awaiting PUBACK
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
struct DeviceSettings {
  std::string id;
  std::string auth = "association";  // association | token
  std::string token_file;            // auth token: where the child's JWT is read at each attach, unless hello brings it
  std::vector<std::string> users;    // local users that may speak for it; empty = whoever can open the socket
};

struct UnixSettings {
  std::string path = "/run/vouchgate/children.sock";
  std::uint32_t mode = 0660;
  std::uint32_t max_connections = 1024;
};
struct IngressSettings {
  UnixSettings unix_socket;
};  // key: unix
struct ControlSettings {
  std::string path = "/run/vouchgate/control.sock";
};
struct SpoolSettings {
  std::string path = "/var/lib/vouchgate/spool";  // a directory
  std::uint64_t max_bytes = 1024ull * 1024 * 1024;
  Duration max_age = std::chrono::hours(24 * 7);
  std::string when_full = "refuse";        // refuse | drop-oldest
  Duration commit_interval = Duration(5);  // group commit: the longest an append waits for company
};
struct LogSettings {
  std::string level = "info";
};

struct Settings {
  KeySettings key;
  TokenSettings token;
  CloudSettings cloud;
  std::vector<DeviceSettings> devices;
  IngressSettings ingress;
  ControlSettings control;
  SpoolSettings spool;
  LogSettings log;
};

}  // namespace vouchgate
