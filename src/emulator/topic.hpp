// The closed set of topics of the IoT Core MQTT bridge, taken apart. Never decides who may use one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vouchgate::emulator {

enum class TopicKind { events, state, attach, detach, config, commands, errors };

struct Topic {
  TopicKind kind = TopicKind::events;
  std::string device;
  std::string subfolder;  // events and commands only
};

// /devices/{id}/events[/sub], state, attach, detach, config, commands[/sub], errors. Nothing else is a topic.
std::optional<Topic> parse_topic(std::string_view text);
// What a device may subscribe to: /devices/{id}/config, /devices/{id}/commands/#, /devices/{id}/errors.
std::optional<Topic> parse_filter(std::string_view text);

std::string config_topic(std::string_view device);
std::string errors_topic(std::string_view device);

}  // namespace vouchgate::emulator
