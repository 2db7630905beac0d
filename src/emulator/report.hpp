// The lines an integrator reads on standard output, one JSON object each. Never carries a token or a password.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "verifier.hpp"

namespace vouchgate::emulator {

using Moment = std::chrono::system_clock::time_point;

inline Seconds seconds_of(Moment now) {
  return std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
}

using Value = std::variant<std::string_view, std::uint64_t, bool>;
using Pairs = std::initializer_list<std::pair<const char*, Value>>;

// {"event":..., then each pair but those with an empty text, "time":"2026-01-01T00:00:00.000Z"}
std::string report(std::string_view event, Pairs pairs, Moment now);
// The same with "payload" (UTF-8) or "payload_b64" (other bytes).
std::string report_payload(std::string_view event, Pairs pairs, std::string_view payload, Moment now);
// The same with alg, iat, exp, aud and verified_by of a token that passed.
std::string report_token(std::string_view event, Pairs pairs, const Token& token, Moment now);

}  // namespace vouchgate::emulator
