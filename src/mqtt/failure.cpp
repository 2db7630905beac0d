// The table of CONNACK codes and of Paho's failure texts (MQTTAsyncUtils.c, 1.3.12). Never guesses at a success.
#include "failure.hpp"

#include <sstream>

namespace vouchgate::mqtt {

Failure connack_failure(int code) {
  switch (code) {
    case 1: return {ConnectFailure::local, "CONNACK 1: unacceptable protocol version"};
    case 2: return {ConnectFailure::identifier, "CONNACK 2: client identifier rejected"};
    case 3: return {ConnectFailure::server, "CONNACK 3: server unavailable"};
    case 4: return {ConnectFailure::credentials, "CONNACK 4: bad user name or password"};
    case 5: return {ConnectFailure::credentials, "CONNACK 5: not authorized"};
    default: return {ConnectFailure::credentials, "CONNACK " + std::to_string(code) + ": refused, code unknown"};
  }
}

Failure transport_failure(const std::string& message, const std::string& tls_text, const std::string& host,
                          bool& ambiguous) {
  ambiguous = false;
  if (!tls_text.empty()) return {ConnectFailure::tls, "TLS: " + tls_text};
  if (message == "TCP connect timeout") return {ConnectFailure::network, "no answer from " + host + " in time"};
  if (message == "TCP connect completion failure" || message == "socket error")
    return {ConnectFailure::network, "the connection was closed before CONNACK"};
  ambiguous = true;
  return {ConnectFailure::tls,
          "TLS: the certificate is not for host name '" + host + "', or the server ended the handshake"};
}

namespace {

// "4F2A:error:0A000086:SSL routines:func:certificate verify failed:file.c:1889:data" (ERR_print_errors_cb(3)): the
// reason is the fourth field after "error".
std::string reason_of(std::string line) {
  const auto mark = line.find("error:");
  if (mark == std::string::npos) return line;
  std::size_t begin = mark;
  for (int field = 0; field < 4; ++field) {
    begin = line.find(':', begin);
    if (begin == std::string::npos) return line;
    ++begin;
  }
  return line.substr(begin, line.find(':', begin) - begin);
}

}  // namespace

std::string tidy_tls_text(const std::string& raw) {
  std::istringstream lines(raw);
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    line = reason_of(std::move(line));
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (line.empty() || out.find(line) != std::string::npos) continue;
    if (!out.empty()) out += "; ";
    out += line;
  }
  return out;
}

}  // namespace vouchgate::mqtt
