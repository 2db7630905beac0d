// The whole configuration as plain values with their defaults. Keys, ranges, units and help stand in the config room.
// Never reads a file.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "vouchgate/model/cloud_settings.hpp"

namespace vouchgate {

struct TpmSettings {
  std::string tcti = "device:/dev/tpmrm0";  // always explicit: a NULL TCTI may end at TCP on localhost
  std::uint32_t handle = 0x81000100;
  std::uint32_t parent = 0x81000001;
  std::string key_file = "/var/lib/vouchgate/key.tss2.pem";  // portable form and pinned Name
  std::string auth_file;  // empty = empty auth value; "credential:NAME" = a systemd credential
};
struct Atecc608Settings {
  std::string bus = "/dev/i2c-1";  // a device, or a link to one
  std::uint32_t address = 0x60;    // 7 bit
  std::uint32_t slot = 0;          // 0 to 15
};
struct FileKeySettings {
  std::string path = "/etc/vouchgate/key.pem";
};
struct KeySettings {
  std::string holder = "tpm";
  std::string algorithm = "ES256";
  TpmSettings tpm;
  Atecc608Settings atecc608;
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
struct DeviceSettings {
  std::string id;
  std::string auth = "association";  // association | token
  std::string token_file;            // auth token: where the child's JWT is read at each attach, unless hello brings it
  std::vector<std::string> users;    // local users that may speak for it; empty = whoever can open the socket
  bool operator==(const DeviceSettings&) const = default;
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
  std::uint32_t device_share = 50;               // percent of max_bytes for one device; alone in devices: it has all
  std::uint64_t min_free = 64ull * 1024 * 1024;  // bytes of the file system that are left to others
  Duration max_age = std::chrono::hours(24 * 7);
  std::string when_full = "refuse";         // refuse | drop-oldest
  Duration commit_interval = Duration(20);  // group commit: the longest an append waits for company
  std::string drain = "oldest-first";       // oldest-first | live-first: after an outage, within one device
  std::uint32_t live_share = 80;            // percent of a device's turns for what is new, with live-first
  Duration write_after = Duration(500);  // children with ack: delivered: written if no PUBACK came by then; 0 = always
  std::uint32_t poison_after = 5;        // sessions in a row that one message may end; 0 = any number
};
struct MetricsSettings {
  std::string listen;               // address:port of the HTTP listener; empty = off
  std::uint32_t max_devices = 200;  // with series of their own; the others are summed
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
  MetricsSettings metrics;
  LogSettings log;
};

}  // namespace vouchgate
