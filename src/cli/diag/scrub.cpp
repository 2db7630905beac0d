// One pass for each kind of secret, each a scan from left to right.
#include "scrub.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace vouchgate::cli::diag {
namespace {

constexpr std::size_t shortest_known = 4;  // shorter ones would tear words apart
constexpr std::size_t longest_pem = 64 * 1024;
constexpr std::size_t shortest_token = 16, shortest_run = 32, fewest_of_a_kind = 4;

// Ends of names whose values are secrets wherever they stand.
constexpr std::array names = {"password", "passwd",     "passphrase", "secret",     "apikey",      "api_key",
                              "api-key",  "access_key", "accesskey",  "credential", "private_key", "pwd"};
// Their values are secrets only when they look like one: the product's own lines begin "token: ".
constexpr std::array vague_names = {"token", "auth", "authorization", "jwt"};

bool is(char c, int (*kind)(int)) { return kind(static_cast<unsigned char>(c)) != 0; }
bool is_base64url(char c) { return is(c, std::isalnum) || c == '-' || c == '_'; }
bool is_base64(char c) { return is_base64url(c) || c == '+' || c == '/'; }
bool ends_value(char c) {
  return is(c, std::isspace) || std::string_view("\"'`,;&<>()[]{}\\").find(c) != std::string_view::npos;
}
bool is_quote(char c) { return c == '"' || c == '\'' || c == '\\'; }  // a JSON string holds \"

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string without(std::string text, const std::string& secret) {
  for (std::size_t at = 0; (at = text.find(secret, at)) != std::string::npos; at += std::string_view(mark).size())
    text.replace(at, secret.size(), mark);
  return text;
}

// From BEGIN to END; what was cut off has no END, its lines fall to the rule of long runs.
std::string without_pem(std::string text) {
  for (std::size_t at = 0; (at = text.find("-----BEGIN ", at)) != std::string::npos;) {
    const auto end = text.find("-----END ", at);
    if (end == std::string::npos || end - at > longest_pem) {
      at += 5;
      continue;
    }
    const auto last = text.find("-----", end + 9);
    text.replace(at, (last == std::string::npos ? text.size() : last + 5) - at, mark);
  }
  return text;
}

std::string without_url_users(std::string text) {
  for (std::size_t at = 0; (at = text.find("://", at)) != std::string::npos;) {
    at += 3;
    std::size_t end = at;
    while (end < text.size() && !is(text[end], std::isspace) && !is_quote(text[end]) && text[end] != '<') ++end;
    const auto user = text.substr(at, end - at).rfind('@');
    if (user != std::string::npos) text.replace(at, user, mark);
  }
  return text;
}

bool ends_with_any(const std::string& name, const auto& endings) {
  return std::ranges::any_of(endings, [&](const char* ending) { return name.ends_with(ending); });
}

bool looks_secret(std::string_view value) { return value.size() >= shortest_token; }

// name=value, "name":"value", name: 'value'. With a quote the value ends at the same quote.
std::string without_values(std::string text) {
  for (std::size_t at = 0; (at = text.find_first_of("=:", at)) != std::string::npos; ++at) {
    std::size_t name_end = at;
    while (name_end > 0 && is_quote(text[name_end - 1])) --name_end;
    std::size_t name = name_end;
    while (name > 0 && is_base64url(text[name - 1])) --name;
    const std::string said = lower(std::string_view(text).substr(name, name_end - name));
    const bool sure = ends_with_any(said, names);
    if (!sure && !ends_with_any(said, vague_names)) continue;
    std::size_t begin = at + 1;
    while (begin < text.size() && (text[begin] == ' ' || text[begin] == '\t')) ++begin;
    const bool escaped = begin < text.size() && text[begin] == '\\';
    if (escaped) ++begin;
    const char quote = begin < text.size() && (text[begin] == '"' || text[begin] == '\'') ? text[begin] : '\0';
    if (quote != '\0') ++begin;
    std::size_t end = begin;
    while (end < text.size() &&
           (quote == '\0' ? !ends_value(text[end])
                          : text[end] != quote && text[end] != '\n' && !(text[end] == '\\' && escaped)))
      end += quote != '\0' && !escaped && text[end] == '\\' && end + 1 < text.size() ? 2 : 1;
    const auto value = std::string_view(text).substr(begin, end - begin);
    if (!value.empty() && (sure || looks_secret(value))) text.replace(begin, end - begin, mark);
  }
  return text;
}

// "Authorization: Bearer xyz" and its like.
std::string without_credentials(std::string text) {
  for (const char* scheme : {"bearer ", "basic "}) {
    std::string low = lower(text);
    for (std::size_t at = 0; (at = low.find(scheme, at)) != std::string::npos;) {
      at += std::string_view(scheme).size();
      std::size_t end = at;
      while (end < text.size() && !ends_value(text[end])) ++end;
      if (end - at < 8) continue;
      text.replace(at, end - at, mark);
      low.replace(at, end - at, mark);
    }
  }
  return text;
}

// A file name may be as long, but hardly has so many capitals and digits.
bool looks_random(std::string_view run) {
  const auto count = [&](int (*kind)(int)) {
    return static_cast<std::size_t>(std::ranges::count_if(run, [&](char c) { return is(c, kind); }));
  };
  return run.size() >= shortest_run && count(std::isupper) >= fewest_of_a_kind &&
         count(std::islower) >= fewest_of_a_kind && count(std::isdigit) >= 2;
}

// JSON Web Tokens, whole or cut off: their header is an object, and '{"' is eyI or eyJ in base64url (RFC 7519, 3.1).
std::string without_jwts(std::string text) {
  for (std::size_t at = 0; (at = text.find("ey", at)) != std::string::npos; at += 2) {
    const bool begins = at == 0 || !is(text[at - 1], std::isalnum);
    const char third = at + 2 < text.size() ? text[at + 2] : '\0';
    if (!begins || (third != 'J' && third != 'I')) continue;
    std::size_t end = at;
    while (end < text.size() && (is_base64url(text[end]) || text[end] == '.')) ++end;
    if (looks_secret(std::string_view(text).substr(at, end - at))) text.replace(at, end - at, mark);
  }
  return text;
}

std::string without_runs(std::string text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_base64(text[end])) ++end;
    const std::string_view run(text.data() + at, end - at);
    if (end == at)
      out += text[end++];
    else
      out += looks_random(run) ? std::string_view(mark) : run;
    at = end;
  }
  return out;
}

}  // namespace

std::string scrub(std::string text, const std::vector<std::string>& known) {
  std::vector<std::string> longest_first = known;
  std::ranges::sort(longest_first, std::ranges::greater(), &std::string::size);
  for (const std::string& secret : longest_first)
    if (secret.size() >= shortest_known) text = without(std::move(text), secret);
  text = without_pem(std::move(text));
  text = without_url_users(std::move(text));
  text = without_jwts(std::move(text));
  text = without_credentials(std::move(text));
  text = without_values(std::move(text));
  return without_runs(std::move(text));
}

}  // namespace vouchgate::cli::diag
