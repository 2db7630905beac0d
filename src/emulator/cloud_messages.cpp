// Messages through the bench cloud: telemetry, state, config, commands and subscriptions. Never lets one device speak
// for another it has not attached.
#include <algorithm>

#include "cloud.hpp"
#include "vouchgate/model/message.hpp"

namespace vouchgate::emulator {
namespace {

// A client that sends one state a second meets a network that does not: a tenth of the interval is forgiven.
constexpr int forgiven_share = 10;

std::string commands_filter(const std::string& device) { return "/devices/" + device + "/commands/#"; }

}  // namespace

Verdict Cloud::violation(Session& session, std::string_view topic, std::string reason, Moment now) {
  session.closing = true;
  effects_.lines.push_back(report("closed", {{"device", session.device}, {"topic", topic}, {"reason", reason}}, now));
  return Verdict::close;
}

bool Cloud::over_rate(Session& session, Moment now) const {
  const double limit = registry_.limits.messages_per_second;
  if (limit == 0) return false;
  const double passed = std::chrono::duration<double>(now - session.refilled).count();
  session.allowance = std::min(limit, session.allowance + passed * limit);
  session.refilled = now;
  if (session.allowance < 1) return true;
  session.allowance -= 1;
  return false;
}

Verdict Cloud::publish(Connection connection, const Publish& message, Moment now) {
  const auto found = sessions_.find(connection);
  if (found == sessions_.end()) {  // the broker shows a will only now, when the connection is gone
    effects_.lines.push_back(
        report("refused", {{"what", "will"}, {"topic", message.topic}, {"reason", "a will is not supported"}}, now));
    return Verdict::deny;
  }
  Session& session = found->second;
  if (session.device.empty()) return admin_publish(message, now);
  if (session.closing) return Verdict::close;
  if (message.qos > 1) return violation(session, message.topic, "published with QoS 2", now);
  if (message.retain) return violation(session, message.topic, "retained messages are not supported", now);
  if (over_rate(session, now)) return violation(session, message.topic, "more messages per second than allowed", now);
  const auto topic = parse_topic(message.topic);
  if (!topic) return violation(session, message.topic, "not one of the topics of a device", now);
  switch (topic->kind) {
    case TopicKind::attach: return attach(session, *topic, message, now);
    case TopicKind::detach: return detach(session, *topic, now);
    case TopicKind::events:
    case TopicKind::state: return telemetry(session, *topic, message, now);
    default: return violation(session, message.topic, "a topic only the cloud publishes to", now);
  }
}

Verdict Cloud::telemetry(Session& session, const Topic& topic, const Publish& message, Moment now) {
  const bool state = topic.kind == TopicKind::state;
  if (message.payload.size() > max_payload(state ? Kind::state : Kind::event))
    return violation(session, message.topic, state ? "state larger than 64 KiB" : "event larger than 256 KiB", now);
  const bool own = topic.device == session.device;
  if (!own && gateway_of(session) == nullptr)
    return violation(session, message.topic, "a topic of another device", now);
  if (!speaks_for(session, topic.device)) {
    gateway_error(session, "GATEWAY_DEVICE_NOT_FOUND", topic.device, "the device is not attached to this gateway",
                  "PUBLISH", message.topic, now);
    return Verdict::deny;
  }
  if (state && state_too_soon(topic.device, now)) {
    if (own) return violation(session, message.topic, "state updates faster than allowed", now);
    drop_child(session, topic.device, "device detached because of a device error: state updates faster than allowed",
               now);
    return Verdict::deny;
  }
  ++(state ? counts_.state : counts_.telemetry);
  if (!quiet_)
    effects_.lines.push_back(report_payload(state ? "state" : "telemetry",
                                            {{"device", topic.device},
                                             {"gateway", own ? std::string_view() : std::string_view(session.device)},
                                             {"subfolder", topic.subfolder}},
                                            message.payload, now));
  return Verdict::accept;
}

bool Cloud::state_too_soon(const std::string& device, Moment now) {
  const std::chrono::milliseconds interval(registry_.limits.state_interval_ms);
  const auto found = last_state_.find(device);
  const bool soon = found != last_state_.end() && now - found->second < interval - interval / forgiven_share;
  last_state_[device] = now;
  return soon;
}

Verdict Cloud::admin_publish(const Publish& message, Moment now) {
  const auto refused = [&](std::string_view why) {
    effects_.lines.push_back(report("refused", {{"what", "publish"}, {"topic", message.topic}, {"reason", why}}, now));
    return Verdict::deny;
  };
  const auto topic = parse_topic(message.topic);
  if (!topic || (topic->kind != TopicKind::commands && topic->kind != TopicKind::config))
    return refused("the admin publishes to /devices/{id}/commands[/sub] and /devices/{id}/config only");
  if (registry_.find(topic->device) == nullptr) return refused("no such device");
  if (message.retain) return refused("retained messages are not supported");
  const bool config = topic->kind == TopicKind::config;
  if (message.payload.size() > (config ? max_state_bytes : max_event_bytes)) return refused("the payload is too large");
  if (config) configs_[topic->device] = message.payload;
  const bool delivered = subscribed(config ? config_topic(topic->device) : commands_filter(topic->device));
  effects_.lines.push_back(
      report(config ? "config" : "command",
             {{"device", topic->device}, {"subfolder", topic->subfolder}, {"delivered", delivered}}, now));
  return Verdict::accept;
}

Verdict Cloud::subscribe(Connection connection, std::string_view filter, int qos, Moment now) {
  const auto found = sessions_.find(connection);
  if (found == sessions_.end()) return Verdict::close;
  Session& session = found->second;
  const auto refused = [&](std::string_view why) {
    effects_.lines.push_back(report(
        "refused", {{"what", "subscribe"}, {"device", session.device}, {"topic", filter}, {"reason", why}}, now));
    return Verdict::deny;
  };
  if (session.device.empty()) {
    if (!filter.starts_with("/devices/")) return refused("the admin subscribes below /devices/ only");
    effects_.lines.push_back(report("subscribe", {{"admin", registry_.admin->username}, {"topic", filter}}, now));
    return Verdict::accept;
  }
  const auto topic = parse_filter(filter);
  if (!topic) return refused("a device subscribes to its config, commands/# and errors only");
  if (topic->device != session.device && gateway_of(session) == nullptr) return refused("a topic of another device");
  if (!speaks_for(session, topic->device)) {
    gateway_error(session, "GATEWAY_DEVICE_NOT_FOUND", topic->device, "the device is not attached to this gateway",
                  "SUBSCRIBE", filter, now);
    return Verdict::deny;
  }
  session.filters[std::string(filter)] = std::min(qos, 1);
  effects_.lines.push_back(report("subscribe", {{"device", session.device}, {"topic", filter}}, now));
  if (topic->kind == TopicKind::config) send_config(session.client_id, topic->device, std::min(qos, 1));
  return Verdict::accept;
}

void Cloud::unsubscribe(Connection connection, std::string_view filter) {
  const auto found = sessions_.find(connection);
  if (found != sessions_.end()) found->second.filters.erase(std::string(filter));
}

Verdict Cloud::deliver(Connection connection, std::string_view topic) const {
  const auto found = sessions_.find(connection);
  if (found == sessions_.end()) return Verdict::deny;
  const Session& session = found->second;
  if (session.device.empty()) return Verdict::accept;
  const auto parts = parse_topic(topic);
  return parts && speaks_for(session, parts->device) ? Verdict::accept : Verdict::deny;
}

bool Cloud::speaks_for(const Session& session, const std::string& device) const {
  return device == session.device || session.attached.contains(device);
}

bool Cloud::subscribed(const std::string& filter) const {
  return std::any_of(sessions_.begin(), sessions_.end(), [&](const auto& entry) {
    const auto topic = parse_filter(filter);
    return entry.second.filters.contains(filter) && topic && speaks_for(entry.second, topic->device);
  });
}

}  // namespace vouchgate::emulator
