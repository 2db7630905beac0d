// Topics, payloads and errors of the IoT Core family, as its MQTT bridge and gateway pages publish them. Never sends
// anything and never trusts what arrives.
#include "iot_core.hpp"

#include <nlohmann/json.hpp>

#include "template.hpp"
#include "vouchgate/base/bytes.hpp"

namespace vouchgate::dialect {
namespace {

using nlohmann::json;

constexpr std::size_t max_error_bytes = 64 * 1024;  // quota page: state and config payloads; errors are far smaller
constexpr std::string_view device_mark = "{device}";
constexpr const char* prefix_key = "cloud.iot_core.topic_prefix";

// A topic prefix around the device's level, e.g. "/devices/" and "".
struct Prefix {
  std::string before, after;
  std::string of(const DeviceId& device) const { return before + device.str() + after + "/"; }
};

std::string text_or(const json& object, const char* key, std::string otherwise) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::move(otherwise);
}

Arrived read_error(std::string_view payload) {
  if (payload.size() > max_error_bytes) return Unknown{"an error of more than 64 KiB"};
  const json object = json::parse(payload, nullptr, false);
  if (!object.is_object()) return Unknown{"an error that is not a JSON object"};
  GatewayError error;
  error.type = text_or(object, "error_type", "UNKNOWN");
  error.description = text_or(object, "description", {});
  error.device = text_or(object, "device_id", {});
  error.about_attach = error.type == "GATEWAY_ATTACHMENT_ERROR";
  error.lost_attachment = error.type == "GATEWAY_DETACHMENT_DEVICE_ERROR" || error.type == "GATEWAY_DEVICE_NOT_FOUND";
  return error;
}

class IotCore final : public Dialect {
 public:
  IotCore(DeviceId gateway, std::string project, std::string client_id, Prefix prefix)
      : gateway_(std::move(gateway)),
        project_(std::move(project)),
        client_id_(std::move(client_id)),
        prefix_(std::move(prefix)) {}

  // The user name is ignored by the cloud, but some stacks drop the password without one.
  ConnectFields connect_fields(const std::string& token) const override { return {client_id_, "unused", token}; }
  std::string default_audience() const override { return project_; }
  const DeviceId& gateway() const override { return gateway_; }

  std::string topic(const DeviceId& device, Kind kind, const Subfolder& subfolder) const override {
    if (kind == Kind::state) return prefix_.of(device) + "state";
    return prefix_.of(device) + "events" + (subfolder.empty() ? "" : "/" + subfolder.str());
  }

  // Errors at QoS 0 (Google's sample: must be 0) and first: it has to be there before the first attach.
  std::vector<Filter> gateway_filters() const override {
    std::vector<Filter> filters = child_filters(gateway_);
    filters.insert(filters.begin(), {prefix_.of(gateway_) + "errors", 0});
    return filters;
  }
  // Config at QoS 1: its PUBACK is what the cloud shows as acknowledged. Commands only with the wildcard.
  std::vector<Filter> child_filters(const DeviceId& child) const override {
    return {{prefix_.of(child) + "config", 1}, {prefix_.of(child) + "commands/#", 1}};
  }

  std::string attach_topic(const DeviceId& child) const override { return prefix_.of(child) + "attach"; }
  std::string attach_payload(const std::string& authorization) const override {
    if (authorization.empty()) return {};
    const json payload = {{"authorization", authorization}};
    return payload.dump(-1, ' ', false, json::error_handler_t::replace);
  }
  std::string detach_topic(const DeviceId& child) const override { return prefix_.of(child) + "detach"; }
  std::string detach_payload() const override { return {}; }

  Arrived read(std::string_view topic, std::string_view payload) const override;

 private:
  DeviceId gateway_;
  std::string project_, client_id_;
  Prefix prefix_;
};

Arrived IotCore::read(std::string_view topic, std::string_view payload) const {
  if (!topic.starts_with(prefix_.before)) return Unknown{"not below the topic prefix"};
  topic.remove_prefix(prefix_.before.size());
  const auto name = topic.substr(0, topic.find('/'));
  topic.remove_prefix(name.size());
  if (!topic.starts_with(prefix_.after + "/")) return Unknown{"not below the topic prefix"};
  topic.remove_prefix(prefix_.after.size() + 1);
  const auto device = DeviceId::parse(name);
  if (!device) return Unknown{"bad device id: " + device.error().reason};

  if (topic == "config") return ConfigFor{*device};
  if (topic == "commands") return CommandFor{*device, {}};
  if (topic.starts_with("commands/")) {
    topic.remove_prefix(std::string_view("commands/").size());
    if (!is_utf8(topic)) return Unknown{"a command whose subfolder is not UTF-8"};
    return CommandFor{*device, std::string(topic)};
  }
  if (topic == "errors" && *device == gateway_) return read_error(payload);
  return Unknown{"no topic of ours"};
}

Lookup values_of(const IotCoreSettings& settings, std::string device) {
  return [&settings, device = std::move(device)](std::string_view name) -> std::optional<std::string> {
    if (name == "project") return settings.project;
    if (name == "region") return settings.region;
    if (name == "registry") return settings.registry;
    if (name == "gateway") return settings.gateway;
    if (name == "device") return device;
    return std::nullopt;
  };
}

// The device must be a level of its own, once: otherwise a topic could not be read back.
Result<Prefix> prefix_of(const IotCoreSettings& settings) {
  const auto refuse = [&](std::string reason) {
    return fail(Code::invalid, prefix_key, "'" + printable(settings.topic_prefix) + "'", std::move(reason));
  };
  const auto whole = expand(prefix_key, settings.topic_prefix, values_of(settings, std::string(device_mark)));
  if (!whole) return fail(whole.error());
  const auto at = whole->find(device_mark);
  if (at == std::string::npos) return refuse("does not contain {device}");
  if (whole->find(device_mark, at + 1) != std::string::npos) return refuse("contains {device} twice");
  Prefix prefix{whole->substr(0, at), whole->substr(at + device_mark.size())};
  const bool starts_level = prefix.before.empty() || prefix.before.ends_with('/');
  const bool ends_level = prefix.after.empty() || prefix.after.starts_with('/');
  if (!starts_level || !ends_level) return refuse("{device} is not a level of its own");
  if (prefix.after.ends_with('/')) return refuse("ends with '/'");
  // MQTT 3.1.1 section 4.7.1 and 1.5.3: wildcards and NUL cannot be in a topic name.
  if (whole->find_first_of(std::string_view("+#\0", 3)) != std::string::npos || !is_utf8(*whole))
    return refuse("has a character that a topic cannot carry");
  return prefix;
}

}  // namespace

Result<std::unique_ptr<Dialect>> make_iot_core(const CloudSettings& settings) {
  const IotCoreSettings& own = settings.iot_core;
  auto gateway = DeviceId::parse(own.gateway);
  if (!gateway) {
    Error error = gateway.error();
    error.context = "cloud.iot_core.gateway";
    return fail(std::move(error));
  }
  auto client_id = expand("cloud.iot_core.client_id", own.client_id, values_of(own, own.gateway));
  if (!client_id) return fail(client_id.error());
  auto prefix = prefix_of(own);
  if (!prefix) return fail(prefix.error());
  return std::make_unique<IotCore>(std::move(*gateway), own.project, std::move(*client_id), std::move(*prefix));
}

}  // namespace vouchgate::dialect
