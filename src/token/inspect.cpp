// Takes a token apart, strictly: what a careful cloud would refuse is refused here. Never says that a signature is
// good.
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "vouchgate/token/token.hpp"

namespace vouchgate::token {
namespace {

using nlohmann::json;

constexpr std::size_t max_token_bytes = 64 * 1024;   // an MQTT 3.1.1 password cannot be longer (section 3.1.3.5)
constexpr std::int64_t max_seconds = 9'000'000'000;  // year 2255; system_clock counts nanoseconds in 64 bits

tl::unexpected<Error> refuse(std::string subject, std::string reason) {
  return fail(Code::invalid, "token", std::move(subject), std::move(reason));
}

// RFC 7519 section 4 lets a reader refuse duplicate claim names; two readers that pick different ones are an attack.
class DuplicateKeys {
 public:
  bool found() const { return found_; }
  bool operator()(json::parse_event_t event, const json& parsed) {
    if (event == json::parse_event_t::object_start) open_.emplace_back();
    if (event == json::parse_event_t::object_end) open_.pop_back();
    if (event == json::parse_event_t::key && !open_.back().insert(parsed.get<std::string>()).second) found_ = true;
    return true;
  }

 private:
  std::vector<std::set<std::string>> open_;
  bool found_ = false;
};

Result<std::array<std::string_view, 3>> split(std::string_view token) {
  if (token.size() > max_token_bytes) return refuse("", "is over 64 KiB");
  const auto first = token.find('.');
  const auto last = token.rfind('.');
  if (first == std::string_view::npos || first == last || token.find('.', first + 1) != last)
    return refuse("", "is not three parts separated by '.'");
  std::array<std::string_view, 3> parts{token.substr(0, first), token.substr(first + 1, last - first - 1),
                                        token.substr(last + 1)};
  if (parts[2].empty()) return refuse("signature", "is empty");
  return parts;
}

Result<json> object(const std::string& part, const std::string& text) {
  DuplicateKeys keys;
  const auto watch = [&keys](int, json::parse_event_t event, json& parsed) { return keys(event, parsed); };
  json parsed = json::parse(text, watch, false);
  if (!parsed.is_object()) return refuse(part, "is not a JSON object");
  if (keys.found()) return refuse(part, "has a key twice");
  return parsed;
}

Result<std::string> decoded(const std::string& part, std::string_view encoded) {
  const auto bytes = from_base64url(encoded);
  if (!bytes) return refuse(part, "is not base64url: " + bytes.error().reason);
  return std::string(text(*bytes));
}

Result<std::string> string_of(const json& from, const std::string& key) {
  const auto found = from.find(key);
  if (found == from.end()) return refuse(key, "is missing");
  if (!found->is_string()) return refuse(key, "is not a string");
  return found->get<std::string>();
}

Result<WallTime> time_of(const json& from, const std::string& key) {
  const auto found = from.find(key);
  if (found == from.end()) return refuse(key, "is missing");
  if (!found->is_number_integer()) return refuse(key, "is not an integer");
  const bool in_range = found->is_number_unsigned() && found->get<std::uint64_t>() <= std::uint64_t{max_seconds};
  if (!in_range) return refuse(key, "is not a time between 1970 and 2255");
  return WallTime(std::chrono::seconds(found->get<std::int64_t>()));
}

Result<void> read_header(Inspected& into) {
  const auto header = object("header", into.header_json);
  if (!header) return fail(header.error());
  auto algorithm = string_of(*header, "alg");
  if (!algorithm) return fail(algorithm.error());
  auto type = string_of(*header, "typ");
  if (!type) return fail(type.error());
  into.algorithm = std::move(*algorithm);
  into.type = std::move(*type);
  if (!header->contains("kid")) return {};
  auto kid = string_of(*header, "kid");
  if (!kid) return fail(kid.error());
  into.kid = std::move(*kid);
  return {};
}

Result<void> read_claims(Inspected& into) {
  const auto claims = object("claims", into.claims_json);
  if (!claims) return fail(claims.error());
  const auto issued = time_of(*claims, "iat");
  if (!issued) return fail(issued.error());
  const auto expires = time_of(*claims, "exp");
  if (!expires) return fail(expires.error());
  auto audience = string_of(*claims, "aud");
  if (!audience) return fail(audience.error());
  into.issued_at = *issued;
  into.expires_at = *expires;
  into.audience = std::move(*audience);
  return {};
}

}  // namespace

Result<Inspected> inspect(std::string_view token) {
  const auto parts = split(token);
  if (!parts) return fail(parts.error());
  auto header = decoded("header", (*parts)[0]);
  if (!header) return fail(header.error());
  auto claims = decoded("claims", (*parts)[1]);
  if (!claims) return fail(claims.error());
  auto signature = from_base64url((*parts)[2]);
  if (!signature) return refuse("signature", "is not base64url: " + signature.error().reason);

  Inspected out;
  out.header_json = std::move(*header);
  out.claims_json = std::move(*claims);
  out.signature = std::move(*signature);
  out.signing_input = token.substr(0, token.rfind('.'));
  if (const auto read = read_header(out); !read) return fail(read.error());
  if (const auto read = read_claims(out); !read) return fail(read.error());
  return out;
}

}  // namespace vouchgate::token
