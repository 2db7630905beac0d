// Checks of an operator's request. Never carries anything but what its op may carry.
#include "request.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "vouchgate/base/bytes.hpp"

namespace vouchgate::control {
namespace {

using nlohmann::json;

tl::unexpected<Error> invalid(std::string context, std::string reason, std::string hint = {}) {
  return fail(Code::invalid, std::move(context), "", std::move(reason), std::move(hint));
}

// Every value of a request is a string, so a request is checked by the keys it may carry.
Result<void> only(const json& request, const std::array<std::string_view, 4>& keys) {
  for (const auto& [key, value] : request.items()) {
    if (key != "op" && key != "id" && (key.empty() || std::find(keys.begin(), keys.end(), key) == keys.end()))
      return invalid(printable(key), "has no place in this request");
    if (!value.is_string()) return invalid(printable(key), "is not a string");
  }
  return {};
}

std::string text_of(const json& request, const char* key) {
  const auto found = request.find(key);
  return found != request.end() && found->is_string() ? found->get<std::string>() : std::string();
}

template <class Named>
Result<Request> named(const json& request) {
  auto device = DeviceId::parse(text_of(request, "device"));
  if (!device) return fail(std::move(device.error()));
  return Request(Named{std::move(*device)});
}

Result<Request> send(const json& request) {
  auto device = DeviceId::parse(text_of(request, "device"));
  if (!device) return fail(std::move(device.error()));
  const std::string kind = text_of(request, "kind");
  if (!kind.empty() && kind != "event" && kind != "state") return invalid("kind", "is neither event nor state");
  const Kind which = kind == "state" ? Kind::state : Kind::event;
  auto subfolder = Subfolder::parse(text_of(request, "subfolder"));
  if (!subfolder) return fail(std::move(subfolder.error()));
  if (which == Kind::state && !subfolder->empty()) return invalid("subfolder", "has no place in a state");
  if (!request.contains("data_b64")) return invalid("data_b64", "is missing");
  const auto bytes = from_base64(text_of(request, "data_b64"));
  if (!bytes) return invalid("data_b64", bytes.error().reason);
  if (bytes->size() > max_payload(which))
    return fail(Code::too_large, "data_b64", "",
                std::to_string(bytes->size()) + " bytes; at most " + std::to_string(max_payload(which)) +
                    " are allowed in " + (which == Kind::event ? "an event" : "a state"));
  return Request(SendRequest{{std::move(*device), which, std::move(*subfolder), std::string(text(*bytes))}});
}

// A sequence number, as a string like every value of a request.
Result<Seq> seq_of(const json& request, const char* key) {
  const std::string digits = text_of(request, key);
  Seq seq = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seq);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size())
    return invalid(key, "is not a sequence number");
  return seq;
}

template <class Numbered>
Result<Request> numbered(const json& request) {
  const auto seq = seq_of(request, "seq");
  if (!seq) return fail(seq.error());
  return Request(Numbered{*seq});
}

Result<Request> spool_list(const json& request) {
  if (!request.contains("after")) return Request(SpoolListRequest{});
  const auto after = seq_of(request, "after");
  if (!after) return fail(after.error());
  return Request(SpoolListRequest{*after});
}

struct Verb {
  std::string_view op;
  std::array<std::string_view, 4> keys;  // may be carried besides op and id
  Result<Request> (*read)(const json&);
};

constexpr std::string_view known_verbs =
    "status, devices, attach, detach, renew, send, listen, spool-list, spool-show, spool-retry, spool-discard or "
    "spool-audit";

Result<Request> interpret(const json& request) {
  static constexpr Verb verbs[] = {
      {"status", {}, [](const json&) -> Result<Request> { return Request(StatusRequest{}); }},
      {"devices", {}, [](const json&) -> Result<Request> { return Request(DevicesRequest{}); }},
      {"renew", {}, [](const json&) -> Result<Request> { return Request(RenewRequest{}); }},
      {"attach", {"device"}, named<AttachRequest>},
      {"detach", {"device"}, named<DetachRequest>},
      {"listen", {"device"}, named<ListenRequest>},
      {"spool-list", {"after"}, spool_list},
      {"spool-show", {"seq"}, numbered<SpoolShowRequest>},
      {"spool-retry", {"seq"}, numbered<SpoolRetryRequest>},
      {"spool-discard", {"seq"}, numbered<SpoolDiscardRequest>},
      {"spool-audit", {}, [](const json&) -> Result<Request> { return Request(SpoolAuditRequest{}); }},
      {"send", {"device", "kind", "subfolder", "data_b64"}, send},
  };
  const std::string op = text_of(request, "op");
  for (const Verb& verb : verbs) {
    if (verb.op != op) continue;
    if (auto checked = only(request, verb.keys); !checked) return fail(std::move(checked.error()));
    return verb.read(request);
  }
  return fail(Code::invalid, "op", "'" + printable(op) + "'", "is unknown", std::string(known_verbs));
}

}  // namespace

ParsedRequest parse_request(std::string_view line) {
  const json request = json::parse(line.begin(), line.end(), nullptr, false);
  if (!request.is_object()) return {{}, invalid("line", "is not a JSON object")};
  return {text_of(request, "id").substr(0, 128), interpret(request)};
}

}  // namespace vouchgate::control
