// What a failed connect means, from the little that Paho tells. Never talks to anybody.
#pragma once

#include <string>

#include "vouchgate/contract/transport.hpp"

namespace vouchgate::mqtt {

struct Failure {
  ConnectFailure kind = ConnectFailure::network;
  std::string reason;
};

// MQTT 3.1.1 section 3.2.2.3; codes outside the table count as refused credentials, as the contract wants.
Failure connack_failure(int code);

// Paho's three indistinct failures ("TCP/TLS connect failure", no text at all, a closed socket), made distinct:
// `message` is Paho's text, `tls_text` what OpenSSL said meanwhile. `ambiguous` is set when only a look at the
// network can tell a refused port from a refused certificate (Paho is silent about a host name that does not match).
Failure transport_failure(const std::string& message, const std::string& tls_text, const std::string& host,
                          bool& ambiguous);

// OpenSSL's reasons, without error numbers and source lines, joined with "; ".
std::string tidy_tls_text(const std::string& raw);

}  // namespace vouchgate::mqtt
