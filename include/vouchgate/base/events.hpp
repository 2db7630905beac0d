// Every log line of the product is one of these events. The table is event_table.inc; from it come the call
// (log::emit), docs/messages.md and systemd/vouchgate.catalog. Never holds a payload or a token.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace vouchgate::events {

// syslog(3) levels, chosen by who must act: error = an operator, now; warning = an operator, soon; notice and info =
// nobody; debug = a developer.
enum class Level : std::uint8_t { error = 3, warning = 4, notice = 5, info = 6, debug = 7 };

enum class Id : std::uint16_t {
#define VOUCHGATE_EVENT(name, message_id, level, text, subject, paragraph) name,
#include "vouchgate/base/event_table.inc"
#undef VOUCHGATE_EVENT
};

struct Description {
  std::string_view name;        // snake_case, stable
  std::string_view message_id;  // 128 bits, 32 lower-case hex digits (journald's MESSAGE_ID)
  Level level;
  std::string_view text;       // with {field} placeholders
  std::string_view subject;    // the catalogue's Subject line
  std::string_view paragraph;  // for the operator: what it means and what to do
};

const Description& describe(Id id);
std::span<const Description> all();

}  // namespace vouchgate::events
