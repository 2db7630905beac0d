// Routes and response heads.
#include "http.hpp"

#include <algorithm>

namespace vouchgate::metrics {
namespace {

struct Refusal {
  unsigned status;
  std::string_view reason, sentence, more;
};
constexpr Refusal refusals[] = {
    {400, "Bad Request", "This is not an HTTP request.", ""},
    {404, "Not Found", "There are /, /metrics and /events.", ""},
    {405, "Method Not Allowed", "Everything here is read with GET.", "Allow: GET\r\n"},
    {413, "Content Too Large", "A request has no body here.", ""},
    {421, "Misdirected Request", "Ask for localhost or a numeric address.", ""},
    {431, "Request Header Fields Too Large", "A request has at most 8192 bytes.", ""},
    {503, "Service Unavailable", "Eight listen to /events already.", "Retry-After: 10\r\n"},
};

std::string_view reason_of(unsigned status) {
  for (const Refusal& one : refusals)
    if (one.status == status) return one.reason;
  return "OK";
}

std::string head(unsigned status, std::string_view type) {
  std::string out = "HTTP/1.1 " + std::to_string(status) + " ";
  out.append(reason_of(status)).append("\r\nContent-Type: ").append(type);
  return out +
         "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
         "Connection: close\r\n";
}

bool numeric_or_localhost(std::string_view host) {
  if (host.empty() || host.starts_with('[')) return true;
  host = host.substr(0, host.find(':'));
  return host == "localhost" || std::ranges::all_of(host, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

}  // namespace

Place place_of(std::string_view method, std::string_view target, std::string_view host, bool local) {
  if (local && !numeric_or_localhost(host)) return Place::stranger;
  const std::string_view path = target.substr(0, target.find('?'));
  const Place place = path == "/metrics"  ? Place::numbers
                      : path == "/"       ? Place::page
                      : path == "/events" ? Place::events
                                          : Place::nowhere;
  return place != Place::nowhere && method != "GET" ? Place::not_a_read : place;
}

std::string response(unsigned status, std::string_view type, std::string_view body, std::string_view more) {
  std::string out = head(status, type).append(more);
  return out.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n").append(body);
}

std::string stream_head(std::string_view type) { return head(200, type) + "\r\n"; }

std::string refusal(unsigned status) {
  for (const Refusal& one : refusals)
    if (one.status == status)
      return response(status, "text/plain; charset=utf-8", std::string(one.sentence) + "\n", one.more);
  return refusal(400);
}

}  // namespace vouchgate::metrics
