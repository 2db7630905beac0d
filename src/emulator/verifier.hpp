// Judges a device's JSON Web Token the way the cloud does, with a library that is not the daemon's. Never mints one.
#pragma once

#include <string>
#include <string_view>

#include "registry.hpp"

namespace vouchgate::emulator {

struct Token {
  std::string algorithm;  // RS256, ES256 or ES384
  std::string audience;
  Seconds issued = 0;
  Seconds expires = 0;
};
struct TokenRefusal {
  std::string word;    // one of: base64url header alg typ claims aud iat exp lifetime key signature
  std::string reason;  // one sentence for a person
};
using TokenVerdict = tl::expected<Token, TokenRefusal>;

// now: seconds since 1970. A device has up to three keys and every one that fits is tried; kid and nbf are ignored.
TokenVerdict verify_token(std::string_view compact, const Device& device, const Registry& registry, Seconds now);

}  // namespace vouchgate::emulator
