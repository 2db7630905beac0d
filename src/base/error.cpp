// Prints the error grammar. Never decides anything.
#include "vouchgate/base/error.hpp"

namespace vouchgate {

const char* word(Code code) {
  switch (code) {
    case Code::invalid: return "invalid";
    case Code::not_found: return "not-found";
    case Code::denied: return "denied";
    case Code::mismatch: return "mismatch";
    case Code::too_large: return "too-large";
    case Code::full: return "full";
    case Code::busy: return "busy";
    case Code::timeout: return "timeout";
    case Code::unavailable: return "unavailable";
    case Code::unsupported: return "unsupported";
    case Code::corrupt: return "corrupt";
    case Code::internal: return "internal";
  }
  return "internal";
}

std::string Error::line() const {
  std::string out = context;
  for (const std::string* part : {&subject, &reason}) {
    if (part->empty()) continue;
    if (!out.empty()) out += ": ";
    out += *part;
  }
  return out;
}

std::string Error::text() const { return hint.empty() ? line() : line() + "\n  hint: " + hint; }

}  // namespace vouchgate
