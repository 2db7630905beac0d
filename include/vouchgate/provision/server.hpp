// A TLS server's certificate as it is shown to whoever connects. Sends no byte of MQTT and never a token.
#pragma once

#include <string>
#include <vector>

#include "vouchgate/base/result.hpp"
#include "vouchgate/contract/clock.hpp"
#include "vouchgate/model/cloud_settings.hpp"

namespace vouchgate::provision {

struct ServerCertificate {
  std::string protocol;            // "TLSv1.3"
  std::string subject, issuer;     // common name, else the whole name
  std::vector<std::string> names;  // DNS names and addresses that it is for (RFC 6125)
  WallTime not_before, not_after;
  std::string complaint;     // why the chain is not trusted, empty = it is; OpenSSL's words
  bool is_for_host = false;  // one of the names is the host's
};

// A TLS handshake over a connected, non-blocking socket, which stays open. `host`: a name or an IP address.
// Errors: not_found, corrupt (ca_file), timeout, unavailable (no handshake; the reason is OpenSSL's).
Result<ServerCertificate> look_at_server(int connected, const std::string& host, const TlsSettings& settings,
                                         Monotonic deadline);

}  // namespace vouchgate::provision
