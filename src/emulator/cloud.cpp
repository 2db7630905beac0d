// Connections of the bench cloud: who may come, how long they may stay, what a reload changes. Never parses a payload.
#include "cloud.hpp"

#include <utility>

namespace vouchgate::emulator {
namespace {

constexpr std::string_view device_prefix = "projects/";
constexpr int mqtt_3_1_1 = 4;

// Compares all bytes whatever the first difference, so timing tells nothing.
bool same_secret(const std::string& left, const std::string& right) {
  unsigned char difference = left.size() == right.size() ? 0 : 1;
  for (std::size_t i = 0; i < left.size() && i < right.size(); ++i)
    difference = static_cast<unsigned char>(difference | (left[i] ^ right[i]));
  return difference == 0;
}

}  // namespace

Cloud::Cloud(Registry registry, bool quiet) : registry_(std::move(registry)), quiet_(quiet) {
  for (const auto& [id, device] : registry_.devices) configs_[id] = device.config;
}

Effects Cloud::take() { return std::exchange(effects_, Effects{}); }

bool Cloud::is_admin(const ConnectRequest& request) const {
  return registry_.admin && !request.client_id.starts_with(device_prefix) &&
         request.username == registry_.admin->username;
}

Verdict Cloud::refuse(const ConnectRequest& request, std::string_view device, std::string_view word,
                      std::string_view reason, Moment now) {
  effects_.lines.push_back(report(
      "refused",
      {{"what", "connect"}, {"device", device}, {"client_id", request.client_id}, {"code", word}, {"reason", reason}},
      now));
  return Verdict::deny;
}

Verdict Cloud::connect_admin(const ConnectRequest& request, Moment now) {
  if (!same_secret(request.password, registry_.admin->password))
    return refuse(request, "", "password", "wrong password for the admin account", now);
  if (sessions_.contains(request.connection)) return Verdict::accept;
  Session session;
  session.client_id = request.client_id;
  sessions_[request.connection] = std::move(session);
  effects_.lines.push_back(report("connect", {{"admin", request.username}, {"client_id", request.client_id}}, now));
  return Verdict::accept;
}

// Why a device may not connect: code and sentence.
std::optional<std::pair<std::string, std::string>> Cloud::objection(const ConnectRequest& request,
                                                                    const Device* device) const {
  using Pair = std::pair<std::string, std::string>;
  if (device == nullptr) return Pair{"device", "no such device in the registry, or a client id of another registry"};
  if (device->blocked) return Pair{"blocked", "the device is blocked"};
  if (request.protocol_level != mqtt_3_1_1) return Pair{"protocol", "only MQTT 3.1.1 is spoken"};
  if (!request.clean_session) return Pair{"clean-session", "persistent sessions are not supported"};
  if (request.password.empty()) return Pair{"password", "no token in the password; send a user name too"};
  return std::nullopt;
}

Verdict Cloud::connect(const ConnectRequest& request, Moment now) {
  if (is_admin(request)) return connect_admin(request, now);
  const std::size_t slash = request.client_id.rfind('/');
  const Device* device = slash == std::string::npos ? nullptr : registry_.find(request.client_id.substr(slash + 1));
  if (device != nullptr && registry_.client_id(device->id) != request.client_id) device = nullptr;
  const std::string_view id = device == nullptr ? std::string_view() : std::string_view(device->id);
  if (const auto no = objection(request, device)) return refuse(request, id, no->first, no->second, now);
  const auto token = verify_token(request.password, *device, registry_, seconds_of(now));
  if (!token) return refuse(request, id, token.error().word, token.error().reason, now);
  // The broker asks again for living connections after a reload: the answer may change, the session does not.
  if (sessions_.contains(request.connection)) return Verdict::accept;
  Session session;
  session.client_id = request.client_id;
  session.device = device->id;
  session.closes = token->expires + registry_.clock_skew;
  session.allowance = registry_.limits.messages_per_second;
  session.refilled = now;
  sessions_[request.connection] = std::move(session);
  effects_.lines.push_back(report_token("connect", {{"device", id}, {"client_id", request.client_id}}, *token, now));
  return Verdict::accept;
}

void Cloud::disconnect(Connection connection, std::string_view reason, Moment now) {
  const auto found = sessions_.find(connection);
  if (found == sessions_.end()) return;
  const Session& session = found->second;
  effects_.lines.push_back(report("disconnect",
                                  {{"device", session.device},
                                   {"admin", session.device.empty() ? registry_.admin->username : std::string()},
                                   {"client_id", session.client_id},
                                   {"reason", session.closing ? "closed by the cloud" : reason}},
                                  now));
  sessions_.erase(found);
}

void Cloud::tick(Moment now) {
  for (auto& [connection, session] : sessions_) {
    if (session.device.empty() || session.closing || seconds_of(now) <= session.closes) continue;
    session.closing = true;
    effects_.kicks.push_back(session.client_id);
    effects_.lines.push_back(
        report("expired",
               {{"device", session.device}, {"reason", "the token expired and the clock skew allowed is over"}}, now));
  }
  if (quiet_ && now - last_count_ >= std::chrono::seconds(1)) finish(now);
}

void Cloud::finish(Moment now) {
  last_count_ = now;
  if (!quiet_ || (counts_.telemetry == reported_.telemetry && counts_.state == reported_.state)) return;
  reported_ = counts_;
  effects_.lines.push_back(report("count", {{"telemetry", counts_.telemetry}, {"state", counts_.state}}, now));
}

void Cloud::reload(Registry registry, Moment now) {
  if (!registry.admin) registry.admin = registry_.admin;  // a generated account outlives the reload
  const Registry before = std::exchange(registry_, std::move(registry));
  for (const auto& [id, device] : registry_.devices) {
    const Device* old = before.find(id);
    if (old != nullptr && old->config == device.config) continue;  // what the admin set stays
    configs_[id] = device.config;
    send_config("", id, 1);
  }
  for (auto& [connection, session] : sessions_) {
    const Device* gateway = gateway_of(session);
    const std::map<std::string, Moment> children = session.attached;
    for (const auto& [child, since] : children) {
      const Device* device = registry_.find(child);
      const bool bound = gateway != nullptr && (gateway->gateway_auth == GatewayAuth::device_auth_token_only ||
                                                gateway->bound.contains(child));
      if (device == nullptr || device->blocked || !bound)
        drop_child(session, child, "device detached because the registry changed", now);
    }
  }
  effects_.lines.push_back(report("reload", {{"devices", registry_.devices.size()}}, now));
}

void Cloud::send_config(std::string client_id, const std::string& device, int qos) {
  effects_.messages.push_back({std::move(client_id), config_topic(device), configs_[device], qos});
}

const Device* Cloud::gateway_of(const Session& session) const {
  const Device* device = registry_.find(session.device);
  return device != nullptr && device->gateway ? device : nullptr;
}

}  // namespace vouchgate::emulator
