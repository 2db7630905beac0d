// Attach, detach and the errors topic of the bench cloud. Never closes a gateway for the fault of a child.
#include "cloud.hpp"
#include "strict_json.hpp"

namespace vouchgate::emulator {
namespace {

// {"authorization": "<JWT>"}; anything else carries no token.
std::string token_in(std::string_view payload) {
  std::string why;
  const auto object = parse_json(payload, why);
  if (!object || !object->is_object()) return {};
  const auto found = object->find("authorization");
  return found != object->end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

void Cloud::gateway_error(const Session& session, std::string_view type, const std::string& child,
                          std::string_view description, std::string_view packet, std::string_view topic, Moment now) {
  Json body{{"error_type", type}, {"description", description}, {"device_id", child}};
  // The broker's plugin interface does not show packet ids, so there is none here.
  if (!topic.empty()) body["mqtt_message_info"] = {{"message_type", packet}, {"topic", topic}};
  effects_.messages.push_back(
      {"", errors_topic(session.device), body.dump(-1, ' ', false, Json::error_handler_t::replace), 1});
  effects_.lines.push_back(report(
      "error",
      {{"error_type", type}, {"device", child}, {"gateway", session.device}, {"topic", topic}, {"reason", description}},
      now));
}

void Cloud::attachment_error(const Session& session, const std::string& child, std::string_view description,
                             Moment now) {
  gateway_error(session, "GATEWAY_ATTACHMENT_ERROR", child, description, "PUBLISH", "/devices/" + child + "/attach",
                now);
}

void Cloud::drop_child(Session& session, const std::string& child, std::string_view description, Moment now) {
  session.attached.erase(child);
  gateway_error(session, "GATEWAY_DETACHMENT_DEVICE_ERROR", child, description, "", "", now);
}

Verdict Cloud::attach(Session& session, const Topic& topic, const Publish& message, Moment now) {
  const Device* gateway = gateway_of(session);
  if (gateway == nullptr) return violation(session, message.topic, "attach by a device that is not a gateway", now);
  const std::string& child = topic.device;
  const auto refused = [&](std::string_view why) {
    attachment_error(session, child, why, now);
    return Verdict::deny;
  };
  const Device* device = registry_.find(child);
  if (device == nullptr) return refused("the device does not exist in this registry");
  if (device->gateway) return refused("a gateway cannot be attached");
  if (device->blocked) return refused("the device is blocked");
  if (gateway->gateway_auth != GatewayAuth::device_auth_token_only && !gateway->bound.contains(child))
    return refused("the device is not bound to this gateway");
  if (!session.attached.contains(child) && session.attached.size() >= registry_.limits.attached_per_gateway)
    return refused("the gateway has the most devices attached that one gateway may have");
  if (gateway->gateway_auth == GatewayAuth::association_only) {
    session.attached.emplace(child, now);
    effects_.lines.push_back(report("attach", {{"device", child}, {"gateway", session.device}}, now));
    return Verdict::accept;
  }
  const auto token = verify_token(token_in(message.payload), *device, registry_, seconds_of(now));
  if (!token) return refused("the device's token was refused: " + token.error().reason);
  session.attached.emplace(child, now);
  effects_.lines.push_back(report_token("attach", {{"device", child}, {"gateway", session.device}}, *token, now));
  return Verdict::accept;
}

Verdict Cloud::detach(Session& session, const Topic& topic, Moment now) {
  if (gateway_of(session) == nullptr)
    return violation(session, "/devices/" + topic.device + "/detach", "detach by a device that is not a gateway", now);
  if (session.attached.erase(topic.device) == 0) {
    gateway_error(session, "GATEWAY_DEVICE_NOT_FOUND", topic.device, "the device is not attached to this gateway",
                  "PUBLISH", "/devices/" + topic.device + "/detach", now);
    return Verdict::deny;
  }
  effects_.lines.push_back(report("detach", {{"device", topic.device}, {"gateway", session.device}}, now));
  return Verdict::accept;
}

}  // namespace vouchgate::emulator
