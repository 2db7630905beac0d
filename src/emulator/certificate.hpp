// A throw-away certificate authority and server certificate for the bench. Never meant for anything that faces a
// network.
#pragma once

#include <string>

#include "vouchgate/base/result.hpp"

namespace vouchgate::emulator {

struct ServerFiles {
  std::string ca;           // PEM, for the clients; empty when the user brought the certificate
  std::string certificate;  // PEM
  std::string key;          // PEM, mode 0600
};

// ca.pem, server.pem and server-key.pem in directory: those that are there and still live a day, else new P-256 ones
// for localhost, 127.0.0.1, ::1 and `host` (a DNS name or an address), valid for a year.
Result<ServerFiles> make_server_files(const std::string& directory, const std::string& host);

}  // namespace vouchgate::emulator
