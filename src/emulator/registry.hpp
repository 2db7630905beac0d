// The devices the bench cloud knows, read from one JSON file. Never changes the file.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "public_key.hpp"

namespace vouchgate::emulator {

using Seconds = std::int64_t;  // since 1970 where it is a date

enum class GatewayAuth { association_only, device_auth_token_only, association_and_device_auth_token };

struct Credential {
  PublicKey key;
  std::optional<Seconds> expires;  // past it the key is ignored for new connections
};
struct Device {
  std::string id;
  std::vector<Credential> keys;  // at most 3
  bool blocked = false;
  bool gateway = false;
  GatewayAuth gateway_auth = GatewayAuth::association_only;
  std::set<std::string> bound;  // gateways: the children
  std::string config;           // bytes, at most 64 KiB
};
struct Admin {
  std::string username;
  std::string password;
};
struct Limits {
  std::uint32_t messages_per_second = 0;   // per connection; 0 = not enforced
  std::uint32_t state_interval_ms = 1000;  // one state update per device in this time; 0 = not enforced
  std::uint32_t attached_per_gateway = 1000;
};
struct Registry {
  std::string project, region, name;
  Seconds clock_skew = 600;
  std::optional<Admin> admin;
  Limits limits;
  std::map<std::string, Device, std::less<>> devices;

  const Device* find(std::string_view id) const;
  std::string client_id(std::string_view device) const;  // projects/{p}/locations/{l}/registries/{r}/devices/{d}
};

// A registry, or every mistake in it.
struct RegistryReading {
  std::optional<Registry> registry;
  std::vector<Error> mistakes;
};
// directory: where a relative key_file or password_file is looked for.
RegistryReading parse_registry(std::string_view json, const std::string& directory);
RegistryReading load_registry(const std::string& file);

}  // namespace vouchgate::emulator
