// Reads and prints addresses to listen at. Never opens a socket.
#include "vouchgate/model/listen_address.hpp"

#include <arpa/inet.h>

#include <charconv>

#include "vouchgate/model/ids.hpp"

namespace vouchgate {

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
  const auto refuse = [&](std::string reason) {
    return fail(Code::invalid, "listen", "'" + printable(text) + "'", std::move(reason),
                "write an address and a port, e.g. 127.0.0.1:9464 or [::1]:9464");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse("has no port");
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (bracketed) host = host.substr(1, host.size() - 2);
  ListenAddress address;
  address.host = host;
  in6_addr unused{};
  if (inet_pton(bracketed ? AF_INET6 : AF_INET, address.host.c_str(), &unused) != 1)
    return refuse("has no numeric address");
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc() || end != port.data() + port.size() || address.port == 0)
    return refuse("has no usable port (1 to 65535)");
  return address;
}

std::string ListenAddress::text() const {
  const bool six = host.find(':') != std::string::npos;
  return (six ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace vouchgate
