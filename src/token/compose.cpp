// Shapes the signing input of a token from settings, algorithm and time. Never signs and never reads a clock.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "vouchgate/token/token.hpp"

namespace vouchgate::token {
namespace {

using Json =
    nlohmann::ordered_json;  // ClearBlade's documentation shows alg before typ; a stable order also eases diffs
using std::chrono::seconds;

constexpr Duration shortest = std::chrono::seconds(10);
constexpr Duration longest = std::chrono::hours(24);  // quota of the IoT Core family: exp - iat

tl::unexpected<Error> refuse(std::string subject, std::string reason) {
  return fail(Code::invalid, "token", std::move(subject), std::move(reason));
}

// Why these settings make no token, or nothing.
Result<void> check(const TokenSettings& settings) {
  if (settings.lifetime < shortest || settings.lifetime > longest)
    return refuse("lifetime", std::to_string(settings.lifetime.count()) + " ms is not between 10 s and 24 h");
  if (settings.backdate < Duration(0)) return refuse("backdate", "is negative");
  if (settings.audience.empty()) return refuse("audience", "is empty");
  if (!is_utf8(settings.audience)) return refuse("audience", "is not UTF-8");
  if (!is_utf8(settings.kid)) return refuse("kid", "is not UTF-8");
  for (const auto& [name, value] : settings.claims) {
    if (name == "iat" || name == "exp" || name == "aud")
      return refuse("claims." + name, "is made by the gateway and cannot be replaced");
    if (!is_utf8(name) || !is_utf8(value)) return refuse("claims", "a name or a value is not UTF-8");
  }
  return {};
}

std::string encode(const Json& json) { return base64url(view(json.dump())); }

}  // namespace

Result<Unsigned> compose(const TokenSettings& settings, Algorithm algorithm, WallTime now) {
  if (const auto checked = check(settings); !checked) return fail(checked.error());
  const auto issued = std::chrono::floor<seconds>(now - settings.backdate);
  const auto expires = issued + std::chrono::floor<seconds>(settings.lifetime);
  if (issued.time_since_epoch() < seconds(0)) return refuse("iat", "the clock stands before 1970");

  Json header;
  header["alg"] = word(algorithm);
  header["typ"] = "JWT";
  if (!settings.kid.empty()) header["kid"] = settings.kid;
  Json claims;
  claims["iat"] = issued.time_since_epoch().count();
  claims["exp"] = expires.time_since_epoch().count();
  claims["aud"] = settings.audience;
  for (const auto& [name, value] : settings.claims) claims[name] = value;
  return Unsigned{encode(header) + "." + encode(claims), issued, expires};
}

std::string join(const std::string& signing_input, ByteView signature) {
  return signing_input + "." + base64url(signature);
}

Duration renew_in(WallTime now, WallTime expires_at, Duration renew_before, double random01) {
  const auto left = std::chrono::floor<Duration>(expires_at - now);
  const auto spread = Duration(static_cast<Duration::rep>(static_cast<double>(renew_before.count()) * random01 / 10));
  return std::max(Duration(0), std::min(left, left - renew_before - spread));
}

}  // namespace vouchgate::token
