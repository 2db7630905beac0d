// Reads and prints endpoints. Never resolves a name.
#include "vouchgate/model/endpoint.hpp"

#include <charconv>

#include "vouchgate/model/ids.hpp"

namespace vouchgate {
namespace {

constexpr std::string_view scheme = "mqtts://";

bool host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}
bool address_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
}
template <class Allowed>
bool only(std::string_view text, Allowed allowed) {
  for (const char c : text)
    if (!allowed(c)) return false;
  return !text.empty();
}

}  // namespace

Result<Endpoint> Endpoint::parse(std::string_view url) {
  const auto refuse = [&](std::string reason, std::string hint) {
    return fail(Code::invalid, "endpoint", "'" + printable(url) + "'", std::move(reason), std::move(hint));
  };
  if (url.starts_with("mqtt://") || url.starts_with("tcp://") || url.starts_with("ws://"))
    return refuse("is not encrypted", "the token is a password; use mqtts://");
  if (!url.starts_with(scheme)) return refuse("is not an endpoint", "write mqtts://host:port");
  std::string_view rest = url.substr(scheme.size());
  Endpoint endpoint;
  const bool bracketed = rest.starts_with('[');
  const std::size_t host_end = bracketed ? rest.find(']') : std::min(rest.find(':'), rest.size());
  if (host_end == std::string_view::npos) return refuse("has no closing ']'", "write mqtts://[::1]:8883");
  const auto host = bracketed ? rest.substr(1, host_end - 1) : rest.substr(0, host_end);
  if (bracketed ? !only(host, address_character) : !only(host, host_character) || host.size() > 253)
    return refuse("has no usable host name", "write mqtts://host:port");
  endpoint.host = host;
  rest.remove_prefix(host_end + (bracketed ? 1 : 0));
  if (rest.empty()) return endpoint;
  rest.remove_prefix(1);
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), endpoint.port);
  if (error != std::errc() || end != rest.data() + rest.size() || endpoint.port == 0)
    return refuse("has no usable port", "write mqtts://host:port, port 1 to 65535");
  return endpoint;
}

std::string Endpoint::text() const {
  const bool address6 = host.find(':') != std::string::npos;
  return (address6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace vouchgate
