// JSON Web Tokens (RFC 7519) in JWS compact form (RFC 7515) as IoT-Core-style clouds take them. Pure: the time and the
// signature are parameters. Never sees a private key.
#pragma once

#include <string>
#include <string_view>

#include "vouchgate/base/bytes.hpp"
#include "vouchgate/base/result.hpp"
#include "vouchgate/contract/clock.hpp"
#include "vouchgate/contract/signer.hpp"
#include "vouchgate/model/settings.hpp"

namespace vouchgate::token {

struct Unsigned {
  std::string signing_input;       // base64url(header) "." base64url(claims): what the signer signs
  WallTime issued_at, expires_at;  // whole seconds
};

// {"alg","typ":"JWT"[,"kid"]} and {"iat","exp","aud"[,extra]}: iat = now - backdate, exp = now + lifetime - backdate,
// so exp - iat is the lifetime. aud is one string. Extra claims may not replace iat, exp or aud (the config room
// refuses them too). lifetime 10 s to 24 h. Error: invalid.
Result<Unsigned> compose(const TokenSettings& settings, Algorithm algorithm, WallTime now);

// signing_input "." base64url(signature)
std::string join(const std::string& signing_input, ByteView signature);

// When to swap a token that expires at `expires_at`, as a delay from `now`: at exp - renew_before, brought forward by
// up to a tenth of renew_before (random01) so that a fleet spreads; never later than exp, never less than zero.
Duration renew_in(WallTime now, WallTime expires_at, Duration renew_before, double random01);

// A token taken apart, for `token inspect` and tests. Strict: three parts, base64url without padding, JSON objects
// without duplicate keys, alg and typ strings, iat and exp integers, aud one string.
struct Inspected {
  std::string header_json, claims_json;  // as they stand, decoded
  std::string algorithm, type, kid, audience;
  WallTime issued_at, expires_at;
  std::string signing_input;
  Bytes signature;
};
Result<Inspected> inspect(std::string_view token);

}  // namespace vouchgate::token
