// The event table as data. Never formats.
#include "vouchgate/base/events.hpp"

#include <array>

namespace vouchgate::events {
namespace {

constexpr auto table = std::to_array<Description>({
#define VOUCHGATE_EVENT(name, message_id, level, text, subject, paragraph) \
  {#name, message_id, Level::level, text, subject, paragraph},
#include "vouchgate/base/event_table.inc"
#undef VOUCHGATE_EVENT
});

}  // namespace

const Description& describe(Id id) { return table.at(static_cast<std::size_t>(id)); }
std::span<const Description> all() { return table; }

}  // namespace vouchgate::events
