// The cloud's token rules: shape and claims are read here, the signature is libjwt's. Never trusts the header's alg
// alone.
#include "verifier.hpp"

#include <jwt.h>

#include <algorithm>
#include <array>
#include <memory>

#include "strict_json.hpp"
#include "vouchgate/base/bytes.hpp"
#include "vouchgate/model/ids.hpp"

namespace vouchgate::emulator {
namespace {

constexpr Seconds max_lifetime = 24 * 60 * 60;    // exp - iat, quota page of the cloud
constexpr Seconds latest_date = 253'402'300'799;  // 9999-12-31: sums below stay far from overflow

tl::unexpected<TokenRefusal> refuse(std::string word, std::string reason) {
  return tl::unexpected(TokenRefusal{std::move(word), std::move(reason)});
}

struct Parts {
  Json header, claims;
};

tl::expected<Parts, TokenRefusal> split(std::string_view compact) {
  std::array<Json, 2> objects;
  for (int part = 0; part < 3; ++part) {
    const std::size_t dot = compact.find('.');
    if ((dot == std::string_view::npos) != (part == 2))
      return refuse("header", "the password is not a three-part token");
    const auto bytes = from_base64url(compact.substr(0, dot));
    if (!bytes)
      return refuse("base64url", "part " + std::to_string(part + 1) + " of the token: " + bytes.error().reason);
    if (part == 2) break;
    std::string why;
    const auto object = parse_json(text(*bytes), why);
    if (!object || !object->is_object())
      return refuse(part == 0 ? "header" : "claims", object ? "is not a JSON object" : why);
    objects[static_cast<std::size_t>(part)] = *object;
    compact.remove_prefix(dot + 1);
  }
  return Parts{objects[0], objects[1]};
}

std::string string_in(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

tl::expected<Seconds, TokenRefusal> date_in(const Json& claims, const char* key) {
  const auto found = claims.find(key);
  if (found == claims.end()) return refuse(key, std::string(key) + " is missing");
  if (!found->is_number_integer()) return refuse(key, std::string(key) + " is not an integer");
  const Seconds value = found->get<Seconds>();
  if (value < 0 || value > latest_date) return refuse(key, std::string(key) + " is not a date");
  return value;
}

tl::expected<Token, TokenRefusal> read(const Parts& parts, const Registry& registry) {
  Token token;
  if (string_in(parts.header, "typ") != "JWT") return refuse("typ", "typ is not \"JWT\"");
  token.algorithm = string_in(parts.header, "alg");
  constexpr std::array known{"RS256", "ES256", "ES384"};
  if (std::find(known.begin(), known.end(), token.algorithm) == known.end())
    return refuse("alg", "alg '" + printable(token.algorithm) + "' is not RS256 or ES256");
  token.audience = string_in(parts.claims, "aud");
  if (token.audience != registry.project)
    return refuse("aud", "aud is not the one string '" + registry.project + "', the project");
  const auto issued = date_in(parts.claims, "iat");
  if (!issued) return tl::unexpected(issued.error());
  const auto expires = date_in(parts.claims, "exp");
  if (!expires) return tl::unexpected(expires.error());
  token.issued = *issued;
  token.expires = *expires;
  return token;
}

// Empty word = the dates are fine.
TokenRefusal judge_dates(const Token& token, Seconds skew, Seconds now) {
  if (token.expires - token.issued > max_lifetime + skew)
    return {"lifetime", "exp - iat is " + std::to_string(token.expires - token.issued) + " s; 24 h is the most"};
  if (token.issued > now + skew)
    return {"iat", "iat is " + std::to_string(token.issued - now) + " s in the future; the skew allowed is " +
                       std::to_string(skew) + " s"};
  if (token.expires < now - skew)
    return {"exp", "expired " + std::to_string(now - token.expires) + " s ago; the skew allowed is " +
                       std::to_string(skew) + " s"};
  return {};
}

bool signature_holds(const std::string& compact, const PublicKey& key, const std::string& algorithm) {
  jwt_t* decoded = nullptr;
  const auto* pem = reinterpret_cast<const unsigned char*>(key.pem.c_str());
  const int rc = jwt_decode(&decoded, compact.c_str(), pem, static_cast<int>(key.pem.size()));
  const std::unique_ptr<jwt_t, decltype(&jwt_free)> owner(decoded, jwt_free);
  return rc == 0 && decoded != nullptr && jwt_get_alg(decoded) == jwt_str_alg(algorithm.c_str());
}

}  // namespace

TokenVerdict verify_token(std::string_view compact, const Device& device, const Registry& registry, Seconds now) {
  const auto parts = split(compact);
  if (!parts) return tl::unexpected(parts.error());
  auto token = read(*parts, registry);
  if (!token) return token;
  if (auto refusal = judge_dates(*token, registry.clock_skew, now); !refusal.word.empty())
    return tl::unexpected(std::move(refusal));
  bool fits = false;
  for (const Credential& credential : device.keys) {
    if (credential.expires && *credential.expires < now) continue;
    // The key's own type must ask for this algorithm; else a public key could serve as an HMAC secret (RFC 8725 3.1).
    if (token->algorithm != algorithm_of(credential.key.type)) continue;
    fits = true;
    if (signature_holds(std::string(compact), credential.key, token->algorithm)) return token;
  }
  if (!fits) return refuse("key", "no live key of '" + device.id + "' is for " + token->algorithm);
  return refuse("signature", "no key of '" + device.id + "' made this signature");
}

}  // namespace vouchgate::emulator
