// Fuzzes what arrives from the cloud: the first line is the topic, the rest the payload. Never connects anywhere.
#include <cstdlib>

#include "vouchgate/base/bytes.hpp"
#include "vouchgate/dialect/dialect.hpp"

namespace {

using namespace vouchgate;

std::unique_ptr<dialect::Dialect> dialect_for(const char* topic_prefix) {
  CloudSettings settings;
  settings.iot_core.project = "project";
  settings.iot_core.registry = "registry";
  settings.iot_core.gateway = "gw-1";
  settings.iot_core.topic_prefix = topic_prefix;
  auto made = dialect::make(settings);
  if (!made) std::abort();
  return std::move(*made);
}

// What is read must be what the topic says, in text that a child's JSON line can carry.
void check(const dialect::Dialect& dialect, std::string_view topic, std::string_view payload) {
  const auto arrived = dialect.read(topic, payload);
  if (const auto* config = std::get_if<dialect::ConfigFor>(&arrived))
    if (dialect.child_filters(config->device).front().topic != topic) std::abort();
  if (const auto* command = std::get_if<dialect::CommandFor>(&arrived))
    if (!topic.ends_with(command->subfolder) || !is_utf8(command->subfolder)) std::abort();
  if (const auto* error = std::get_if<dialect::GatewayError>(&arrived))
    if (!is_utf8(error->type + error->description + error->device)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto google = dialect_for("/devices/{device}");
  static const auto kore = dialect_for("/{registry}/{device}/x");
  const auto input = text(ByteView(data, size));
  const auto end = std::min(input.find('\n'), input.size());
  const auto payload = input.substr(std::min(end + 1, input.size()));
  check(*google, input.substr(0, end), payload);
  check(*kore, input.substr(0, end), payload);
  return 0;
}
