// Checks of what a child says. Never repairs a line.
#include "line.hpp"

#include <algorithm>

#include "fields.hpp"
#include "vouchgate/base/bytes.hpp"

namespace vouchgate::ingress {
namespace {

tl::unexpected<Error> invalid(std::string context, std::string reason, std::string hint = {}) {
  return fail(Code::invalid, std::move(context), "", std::move(reason), std::move(hint));
}

bool may_be_echoed(std::string_view id) {
  return id.size() <= max_id_bytes && std::all_of(id.begin(), id.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

tl::unexpected<Error> misplaced(Key key, std::string_view op) {
  return invalid(std::string(key_words[static_cast<std::size_t>(key)]), "has no place in op " + std::string(op));
}

Result<Line> hello(Fields& fields) {
  for (const Key key : {Key::subfolder, Key::data, Key::data_b64})
    if (fields[key]) return misplaced(key, "hello");
  if (!fields[Key::device]) return invalid("device", "is missing");
  auto device = DeviceId::parse(*fields[Key::device]);
  if (!device) return fail(std::move(device.error()));
  HelloLine line{std::move(*device), Ack::stored, std::move(fields[Key::authorization]).value_or("")};
  if (const auto& ack = fields[Key::ack]) {
    if (*ack != "stored" && *ack != "delivered" && *ack != "both")
      return invalid("ack", "is none of stored, delivered and both");
    line.ack = *ack == "stored" ? Ack::stored : *ack == "both" ? Ack::both : Ack::delivered;
  }
  return Line(std::move(line));
}

Result<std::string> payload(Fields& fields, Kind kind) {
  auto& plain = fields[Key::data];
  const auto& encoded = fields[Key::data_b64];
  if (plain && encoded) return invalid("data", "given with data_b64", "data is text, data_b64 is bytes; send one");
  if (!plain && !encoded) return invalid("data", "is missing", "data is text, data_b64 is bytes");
  std::string bytes;
  if (plain) {
    bytes = std::move(*plain);
  } else {
    const auto decoded = from_base64(*encoded);
    if (!decoded) return invalid("data_b64", decoded.error().reason, "RFC 4648 section 4, with padding");
    bytes.assign(text(*decoded));
  }
  if (bytes.size() > max_payload(kind))
    return fail(Code::too_large, plain ? "data" : "data_b64", "",
                std::to_string(bytes.size()) + " bytes; at most " + std::to_string(max_payload(kind)) +
                    " are allowed in " + (kind == Kind::event ? "an event" : "a state"));
  return bytes;
}

Result<Line> message(Fields& fields, Kind kind) {
  const std::string_view op = kind == Kind::event ? "event" : "state";
  for (const Key key : {Key::ack, Key::authorization})
    if (fields[key]) return misplaced(key, op);
  MessageLine line;
  line.kind = kind;
  if (const auto& name = fields[Key::device]) {
    auto device = DeviceId::parse(*name);
    if (!device) return fail(std::move(device.error()));
    line.device = std::move(*device);
  }
  if (const auto& name = fields[Key::subfolder]) {
    if (kind == Kind::state) return misplaced(Key::subfolder, op);
    auto subfolder = Subfolder::parse(*name);
    if (!subfolder) return fail(std::move(subfolder.error()));
    line.subfolder = std::move(*subfolder);
  }
  auto bytes = payload(fields, kind);
  if (!bytes) return fail(std::move(bytes.error()));
  line.payload = std::move(*bytes);
  return Line(std::move(line));
}

Result<Line> interpret(Fields& fields, bool id_is_good) {
  if (!id_is_good) return invalid("id", "is not at most " + std::to_string(max_id_bytes) + " bytes of printable ASCII");
  const auto& op = fields[Key::op];
  if (!op) return invalid("op", "is missing", "hello, event or state");
  if (*op == "hello") return hello(fields);
  if (*op == "event") return message(fields, Kind::event);
  if (*op == "state") return message(fields, Kind::state);
  return fail(Code::invalid, "op", "'" + printable(*op) + "'", "is unknown", "hello, event or state");
}

}  // namespace

Parsed parse_line(std::string_view text) {
  Fields fields;
  auto read = read_fields(text, fields);
  auto id = std::move(fields[Key::id]).value_or("");
  const bool id_is_good = may_be_echoed(id);
  if (!id_is_good) id.clear();
  if (!read) return {std::move(id), fail(std::move(read.error()))};
  auto line = interpret(fields, id_is_good);
  return {std::move(id), std::move(line)};
}

}  // namespace vouchgate::ingress
