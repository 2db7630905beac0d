// What may be asked over HTTP, and answers as text (RFC 9110, RFC 9112). Pure: never touches a socket.
#pragma once

#include <string>
#include <string_view>

namespace vouchgate::metrics {

enum class Place {
  numbers,     // GET /metrics
  page,        // GET /
  events,      // GET /events
  nowhere,     // 404
  not_a_read,  // 405: anything but GET
  stranger,    // 421: a name that is not this host's
};

// `host` is the Host field, empty when absent. `local`: only localhost and numeric addresses may be asked for, so that
// a web page from elsewhere cannot read this one by pointing its own name here (DNS rebinding).
Place place_of(std::string_view method, std::string_view target, std::string_view host, bool local);

// A whole response that closes the connection. `more` are further header lines, each ending with CR LF.
std::string response(unsigned status, std::string_view type, std::string_view body, std::string_view more = {});
// The head of a response whose body goes on until the connection closes.
std::string stream_head(std::string_view type);
// A response of one sentence.
std::string refusal(unsigned status);

}  // namespace vouchgate::metrics
