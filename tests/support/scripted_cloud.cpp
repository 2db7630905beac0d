// Speaks the iot-core topics of the default templates, gateway "gw-1".
#include "scripted_cloud.hpp"

#include <algorithm>

namespace vouchgate::support {
namespace {

// "/devices/pump-1/attach" -> {"pump-1", "attach"}
std::pair<std::string, std::string> take_apart(const std::string& topic) {
  const std::string head = "/devices/";
  const auto slash = topic.find('/', head.size());
  return {topic.substr(head.size(), slash - head.size()), topic.substr(slash + 1)};
}

}  // namespace

std::size_t ScriptedCloud::count(const std::string& what) const {
  return static_cast<std::size_t>(std::ranges::count(packets_, what, &Packet::what));
}

std::vector<std::string> ScriptedCloud::passwords() const {
  std::vector<std::string> out;
  for (const Packet& packet : packets_)
    if (packet.what == "connect") out.push_back(packet.password);
  return out;
}

const std::vector<std::string>& ScriptedCloud::received(const std::string& topic) const {
  static const std::vector<std::string> nothing;
  const auto found = received_.find(topic);
  return found == received_.end() ? nothing : found->second;
}

std::vector<std::string> ScriptedCloud::received_once(const std::string& topic) const {
  std::vector<std::string> out;
  std::set<std::string> seen;
  for (const std::string& payload : received(topic))
    if (seen.insert(payload).second) out.push_back(payload);
  return out;
}

void ScriptedCloud::answer(std::function<void(TransportEvents&)> call) {
  post_([this, session = session_, call = std::move(call)] {
    if (session == session_ && events_ != nullptr) call(*events_);
  });
}

void ScriptedCloud::connect(ConnectRequest request) {
  ++session_;
  packets_.push_back({"connect", "", "", request.endpoint, request.password});
  if (refusal_) {
    answer([refusal = *refusal_](TransportEvents& to) { to.on_connect_failed(refusal.failure, refusal.reason); });
    return;
  }
  connected_ = true;
  told_ = false;
  answer([this](TransportEvents& to) {
    told_ = true;
    to.on_connected();
  });
}

void ScriptedCloud::close(const std::string& reason) {
  if (!connected_) return;
  connected_ = false;
  attached_.clear();
  withheld_.clear();
  ++session_;  // answers under way are forgotten
  answer([reason, told = told_](TransportEvents& to) {
    if (told)
      to.on_closed(reason);
    else
      to.on_connect_failed(ConnectFailure::network, reason);
  });
}

void ScriptedCloud::disconnect() {
  packets_.push_back({"disconnect", "", "", {}, ""});
  close("disconnected");
}

void ScriptedCloud::drop(const std::string& reason) { close(reason); }

void ScriptedCloud::ack(std::uint64_t id) {
  answer([id](TransportEvents& to) { to.on_acked({id}); });
}

void ScriptedCloud::withhold_acks(bool withhold) {
  withholding_ = withhold;
  if (withhold) return;
  for (const std::uint64_t id : withheld_) ack(id);
  withheld_.clear();
}

void ScriptedCloud::deliver(const std::string& topic, const std::string& payload) {
  answer([=](TransportEvents& to) { to.on_messages({Inbound{topic, payload}}); });
}

bool ScriptedCloud::publish(std::uint64_t id, const std::string& topic, std::string payload) {
  if (!connected_) return false;
  const auto [device, what] = take_apart(topic);
  if (what == "attach" || what == "detach") {
    packets_.push_back({what, topic, payload, {}, ""});
    ack(id);
    if (what == "detach")
      attached_.erase(device);
    else
      attach(device);
    return true;
  }
  packets_.push_back({"publish", topic, payload, {}, ""});
  if (device != "gw-1" && !attached_.contains(device)) {
    deliver("/devices/gw-1/errors",
            R"({"error_type":"GATEWAY_DEVICE_NOT_FOUND","description":"not attached","device_id":")" + device + "\"}");
    return true;
  }
  if (payload == fatal_payload_) {
    const std::uint64_t of = session_;
    post_([this, of] {
      if (of == session_ && connected_) close("connection closed by the peer");
    });
    return true;
  }
  received_[topic].push_back(std::move(payload));
  if (withholding_)
    withheld_.push_back(id);
  else
    ack(id);
  return true;
}

void ScriptedCloud::attach(const std::string& device) {
  const auto refused = refused_attach_.find(device);
  if (refused == refused_attach_.end()) {
    attached_.insert(device);
    return;
  }
  deliver("/devices/gw-1/errors", R"({"error_type":"GATEWAY_ATTACHMENT_ERROR","description":")" + refused->second +
                                      R"(","device_id":")" + device + "\"}");
}

bool ScriptedCloud::subscribe(std::uint64_t id, std::vector<Filter> filters) {
  if (!connected_) return false;
  std::vector<int> granted;
  for (const Filter& filter : filters) {
    packets_.push_back({"subscribe", filter.topic, "", {}, ""});
    granted.push_back(refused_filters_.contains(filter.topic) ? 0x80 : filter.qos);
  }
  answer([id, granted](TransportEvents& to) { to.on_subscribed(id, granted); });
  return true;
}

}  // namespace vouchgate::support
