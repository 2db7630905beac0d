// The one shape of a message on its way up, from a child to the cloud. Never knows a topic or a wire format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "vouchgate/model/ids.hpp"

namespace vouchgate {

enum class Kind : std::uint8_t { event = 0, state = 1 };  // values are stored on disk: never renumber

// Published limits of the cloud, bytes (quota page of the IoT Core family).
constexpr std::size_t max_event_bytes = 256 * 1024;
constexpr std::size_t max_state_bytes = 64 * 1024;
constexpr std::size_t max_payload(Kind kind) { return kind == Kind::event ? max_event_bytes : max_state_bytes; }

struct Message {
  DeviceId device;
  Kind kind = Kind::event;
  Subfolder subfolder;  // events only
  std::string payload;  // bytes, not necessarily text
};

}  // namespace vouchgate
