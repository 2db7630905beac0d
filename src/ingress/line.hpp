// What a child may say, parsed strictly from one line. Pure: never knows a connection, never keeps a line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "vouchgate/base/result.hpp"
#include "vouchgate/contract/children.hpp"
#include "vouchgate/model/message.hpp"

namespace vouchgate::ingress {

constexpr std::size_t max_id_bytes = 128;

struct HelloLine {
  DeviceId device;
  Ack ack = Ack::stored;
  std::string authorization;
};
struct MessageLine {
  std::optional<DeviceId> device;  // none: the one the connection said hello for
  Kind kind = Kind::event;
  Subfolder subfolder;
  std::string payload;
};
using Line = std::variant<HelloLine, MessageLine>;

struct Parsed {
  std::string id;  // of the line, empty if it has none or none that may be echoed
  Result<Line> line;
};

// One JSON object. Unknown keys are skipped (newer children on older gateways), everything else is checked:
// errors invalid and too_large, whose context is the key they are about.
Parsed parse_line(std::string_view text);

}  // namespace vouchgate::ingress
