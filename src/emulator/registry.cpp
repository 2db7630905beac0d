// Turns the registry file into values and lists every mistake in it. Never accepts half a file.
#include "registry.hpp"

#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "fields.hpp"
#include "vouchgate/base/bytes.hpp"
#include "vouchgate/model/ids.hpp"
#include "vouchgate/model/message.hpp"

namespace vouchgate::emulator {
namespace {

constexpr std::size_t max_keys = 3;         // credentials per device, quota page of the cloud
constexpr std::size_t max_bound = 10'000;   // devices bound to one gateway, quota page of the cloud
constexpr Seconds max_skew = 24 * 60 * 60;  // beyond the longest token a skew means nothing

struct Reader {
  std::string directory;
  std::vector<Error> mistakes;

  std::optional<std::string> file(Fields& fields, const std::string& key);
  std::optional<Credential> credential(const Json& value, const std::string& where);
  void config(Fields& fields, Device& device);
  void gateway(Fields& fields, Device& device);
  Device device(const Json& value, const std::string& where);
  void devices(Fields& fields, Registry& registry);
  void admin(Fields& fields, Registry& registry);
  void limits(Fields& fields, Limits& limits);
  Registry registry(const Json& value);
};

// RFC 3339 in UTC with whole seconds, as the admin API writes it: 2026-01-01T00:00:00Z.
std::optional<Seconds> date(const std::string& text) {
  std::tm parts{};
  const char* end = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return timegm(&parts);
}

std::optional<std::string> slurp(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream bytes;
  if (!in || !(bytes << in.rdbuf())) return std::nullopt;
  return bytes.str();
}

std::optional<std::string> Reader::file(Fields& fields, const std::string& key) {
  const auto name = fields.text(key);
  if (!name) return std::nullopt;
  auto content = slurp(std::filesystem::path(directory) / *name);
  if (!content) fields.mistake(key, "cannot read '" + printable(*name) + "'");
  return content;
}

std::optional<Credential> Reader::credential(const Json& value, const std::string& where) {
  Fields fields(value, where, mistakes);
  Credential credential;
  const auto format = fields.text("format", true);
  auto pem = fields.text("key");
  const auto from_file = file(fields, "key_file");
  if (pem && from_file) fields.mistake("key_file", "is given together with key");
  if (!pem) pem = from_file;
  if (!pem && fields.find("key") == nullptr && fields.find("key_file") == nullptr) fields.mistake("key", "is missing");
  if (const auto expires = fields.text("expires")) {
    credential.expires = date(*expires);
    if (!credential.expires) fields.mistake("expires", "is not a date like 2026-01-01T00:00:00Z");
  }
  fields.finish();
  if (!format || !pem) return std::nullopt;
  auto key = read_public_key(*format, *pem);
  if (!key) {
    mistakes.push_back(
        {Code::invalid, "registry", where, key.error().subject + " " + key.error().reason, key.error().hint});
    return std::nullopt;
  }
  credential.key = std::move(*key);
  return credential;
}

void Reader::config(Fields& fields, Device& device) {
  const auto plain = fields.text("config");
  const auto encoded = fields.text("config_b64");
  if (plain && encoded) fields.mistake("config_b64", "is given together with config");
  if (plain) device.config = *plain;
  if (encoded) {
    const auto bytes = from_base64(*encoded);
    if (bytes) device.config = std::string(text(*bytes));
    if (!bytes) fields.mistake("config_b64", "is not base64: " + bytes.error().reason);
  }
  if (device.config.size() > max_state_bytes) fields.mistake("config", "is larger than 64 KiB");
}

void Reader::gateway(Fields& fields, Device& device) {
  device.gateway = fields.flag("gateway").value_or(false);
  if (const auto word = fields.text("gateway_auth")) {
    if (*word == "association_only")
      device.gateway_auth = GatewayAuth::association_only;
    else if (*word == "device_auth_token_only")
      device.gateway_auth = GatewayAuth::device_auth_token_only;
    else if (*word == "association_and_device_auth_token")
      device.gateway_auth = GatewayAuth::association_and_device_auth_token;
    else
      fields.mistake("gateway_auth", "'" + printable(*word) + "' is not an authentication method",
                     "use association_only, device_auth_token_only or association_and_device_auth_token");
    if (!device.gateway) fields.mistake("gateway_auth", "is given, but the device is not a gateway");
  }
  const Json* bound = fields.list("bound");
  if (bound == nullptr) return;
  if (!device.gateway) fields.mistake("bound", "is given, but the device is not a gateway", "add \"gateway\": true");
  for (const Json& child : *bound) {
    if (!child.is_string())
      fields.mistake("bound", "has an entry that is not a string");
    else if (!device.bound.insert(child.get<std::string>()).second)
      fields.mistake("bound", "names '" + printable(child.get<std::string>()) + "' twice");
  }
  if (device.bound.size() > max_bound) fields.mistake("bound", "has more than 10000 devices");
}

Device Reader::device(const Json& value, const std::string& where) {
  Fields fields(value, where, mistakes);
  Device device;
  if (const auto id = fields.text("id", true)) {
    device.id = *id;
    if (const auto good = DeviceId::parse(*id); !good)
      fields.mistake("id", good.error().subject + " " + good.error().reason, good.error().hint);
  }
  if (const Json* keys = fields.list("keys")) {
    for (std::size_t i = 0; i < keys->size(); ++i)
      if (auto key = credential((*keys)[i], fields.path("keys[" + std::to_string(i) + "]")))
        device.keys.push_back(std::move(*key));
    if (keys->size() > max_keys) fields.mistake("keys", "has more than 3 keys");
  }
  device.blocked = fields.flag("blocked").value_or(false);
  gateway(fields, device);
  config(fields, device);
  fields.finish();
  return device;
}

void Reader::devices(Fields& fields, Registry& registry) {
  const Json* list = fields.list("devices");
  if (list == nullptr) return;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string where = "devices[" + std::to_string(i) + "]";
    Device one = device((*list)[i], where);
    if (one.id.empty()) continue;
    const std::string id = one.id;
    if (!registry.devices.emplace(id, std::move(one)).second)
      fields.mistake("devices[" + std::to_string(i) + "].id", "'" + printable(id) + "' is given twice");
  }
  for (const auto& [id, one] : registry.devices) {
    for (const std::string& child : one.bound) {
      const Device* found = registry.find(child);
      if (found == nullptr)
        fields.mistake("devices", "'" + id + "' binds '" + printable(child) + "', which is not a device here");
      else if (found->gateway)
        fields.mistake("devices", "'" + id + "' binds the gateway '" + child + "'");
    }
  }
}

void Reader::admin(Fields& fields, Registry& registry) {
  const Json* value = fields.find("admin");
  if (value == nullptr) return;
  Fields inner(*value, "admin", mistakes);
  const auto username = inner.text("username", true);
  auto password = inner.text("password");
  auto from_file = file(inner, "password_file");
  if (password && from_file) inner.mistake("password_file", "is given together with password");
  if (from_file) {
    while (from_file->ends_with('\n')) from_file->pop_back();
    password = std::move(from_file);
  }
  if (!password || password->empty()) inner.mistake("password", "is missing or empty");
  inner.finish();
  if (username && password) registry.admin = Admin{*username, *password};
}

void Reader::limits(Fields& fields, Limits& limits) {
  const Json* value = fields.find("limits");
  if (value == nullptr) return;
  Fields inner(*value, "limits", mistakes);
  const auto take = [&](const char* key, std::uint32_t& target, std::int64_t high) {
    if (const auto number = inner.number(key, 0, high)) target = static_cast<std::uint32_t>(*number);
  };
  take("messages_per_second", limits.messages_per_second, 1'000'000);
  take("state_interval_ms", limits.state_interval_ms, 3'600'000);
  take("attached_per_gateway", limits.attached_per_gateway, 10'000);
  inner.finish();
}

Registry Reader::registry(const Json& value) {
  Fields fields(value, "", mistakes);
  Registry registry;
  const auto name = [&](const char* key, std::string& target) {
    target = fields.text(key, true).value_or("");
    if (target.find_first_of("/+#") != std::string::npos)
      fields.mistake(key, "has a character a client id cannot carry");
  };
  name("project", registry.project);
  name("region", registry.region);
  name("registry", registry.name);
  registry.clock_skew = fields.number("clock_skew_s", 0, max_skew).value_or(registry.clock_skew);
  admin(fields, registry);
  limits(fields, registry.limits);
  devices(fields, registry);
  fields.finish();
  return registry;
}

}  // namespace

const Device* Registry::find(std::string_view id) const {
  const auto found = devices.find(id);
  return found == devices.end() ? nullptr : &found->second;
}

std::string Registry::client_id(std::string_view device) const {
  return "projects/" + project + "/locations/" + region + "/registries/" + name + "/devices/" + std::string(device);
}

RegistryReading parse_registry(std::string_view json, const std::string& directory) {
  Reader reader{directory, {}};
  std::string why;
  const auto value = parse_json(json, why);
  if (!value) return {std::nullopt, {{Code::invalid, "registry", "", "is not JSON: " + why, {}}}};
  Registry registry = reader.registry(*value);
  if (!reader.mistakes.empty()) return {std::nullopt, std::move(reader.mistakes)};
  return {std::move(registry), {}};
}

RegistryReading load_registry(const std::string& file) {
  const auto content = slurp(file);
  if (!content)
    return {std::nullopt, {{Code::not_found, "registry", file, "cannot be read", "name a file with --registry"}}};
  return parse_registry(*content, std::filesystem::path(file).parent_path().string());
}

}  // namespace vouchgate::emulator
