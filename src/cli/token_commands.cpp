// Mints with the configured key; inspects without trusting anything that the token says.
#include "token_commands.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "context.hpp"
#include "vouchgate/base/spell.hpp"
#include "vouchgate/keys/keys.hpp"
#include "vouchgate/provision/export.hpp"
#include "vouchgate/token/token.hpp"

namespace vouchgate::cli {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::system_clock;

std::string utc(WallTime time) {
  const std::time_t moment = system_clock::to_time_t(time);
  std::tm parts{};
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", ::gmtime_r(&moment, &parts));
  return text;
}

std::int64_t numeric_date(WallTime time) { return duration_cast<seconds>(time.time_since_epoch()).count(); }

Result<void> mint(const Context& context, Settings settings, const std::string& audience) {
  if (!audience.empty()) settings.token.audience = audience;
  if (settings.token.audience.empty()) settings.token.audience = settings.cloud.iot_core.project;
  const auto signer = keys::open(settings.key);
  if (!signer) return fail(signer.error());
  const auto composed = token::compose(settings.token, (*signer)->info().algorithm, system_clock::now());
  if (!composed) return fail(composed.error());
  const auto signature = (*signer)->sign(view(composed->signing_input));
  if (!signature) return fail(signature.error());
  const std::string minted = token::join(composed->signing_input, *signature);
  if (context.json)
    std::cout << nlohmann::ordered_json{{"token", minted},
                                        {"issued_at", numeric_date(composed->issued_at)},
                                        {"expires_at", numeric_date(composed->expires_at)}}
                     .dump()
              << "\n";
  else
    std::cout << minted << "\n";
  return {};
}

void add_mint(CLI::App& token, Context& context) {
  auto* verb = token.add_subcommand("mint", "sign a token and print it; it is a password until it expires");
  auto audience = std::make_shared<std::string>();
  verb->add_option("--audience", *audience, "instead of token.audience");
  verb->callback([&context, audience] {
    const auto settings = load_settings(context);
    if (!settings) return;
    if (const auto done = mint(context, *settings, *audience); !done) report(context, done.error());
  });
}

struct Arguments {
  std::string token = "-", public_key;
};

Result<std::string> read_token(const std::string& argument) {
  std::string text = argument;
  if (text == "-") {
    constexpr std::size_t most = 64 * 1024;
    text.resize(most);
    std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(std::cin.gcount()));
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
  if (text.empty())
    return fail(Code::invalid, "token", "", "there is none", "give it as argument or on standard input");
  return text;
}

Result<KeyInfo> key_from_file(const std::string& path, Algorithm algorithm) {
  constexpr std::size_t most = 64 * 1024;  // far above any public key or certificate
  std::string pem(most, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(pem.data(), static_cast<std::streamsize>(most));
  // A directory opens and then does not read; a whole file ends before `most`.
  if (!file.eof() || file.bad())
    return fail(Code::not_found, "public key", path, "cannot be read, or is no key at all");
  pem.resize(static_cast<std::size_t>(file.gcount()));
  auto key = provision::from_pem(pem, algorithm);
  if (key) return key;
  Error error = key.error();
  error.subject = path;
  return fail(error);
}

// The key to verify with: from the file, else the gateway's own. The token's word for the algorithm chooses nothing
// but the check that the key fits it.
Result<KeyInfo> verification_key(Context& context, const Arguments& arguments, Algorithm algorithm) {
  if (!arguments.public_key.empty()) return key_from_file(arguments.public_key, algorithm);
  const auto settings = load_settings(context);
  if (!settings)
    return fail(Code::invalid, "key", context.config_path, "the configuration has mistakes",
                "--public-key FILE verifies without it");
  const auto signer = keys::open(settings->key);
  if (!signer) return fail(signer.error());
  return (*signer)->info();
}

Result<void> verified(Context& context, const Arguments& arguments, const token::Inspected& parts) {
  const auto algorithm = algorithm_from_word(parts.algorithm);
  if (!algorithm)
    return fail(Code::unsupported, "token", parts.algorithm, "is no algorithm of gateways",
                "ES256, ES384, RS256 or PS256");
  const auto key = verification_key(context, arguments, *algorithm);
  if (!key) return fail(key.error());
  if (key->algorithm != *algorithm)
    return fail(Code::mismatch, "token", parts.algorithm, "the key signs " + std::string(word(key->algorithm)));
  const auto good = provision::verify(*key, view(parts.signing_input), parts.signature);
  if (!good) return fail(good.error());
  if (!*good)
    return fail(Code::mismatch, "token", "", "the signature is not of this key",
                "another key signed it, or it was changed");
  return {};
}

std::string life(const token::Inspected& parts, WallTime now) {
  const auto span = [](WallTime from, WallTime to) { return spell(duration_cast<milliseconds>(to - from)); };
  if (now < parts.issued_at) return "not yet issued, begins in " + span(now, parts.issued_at);
  if (now >= parts.expires_at) return "expired " + span(parts.expires_at, now) + " ago";
  return "valid for another " + span(now, parts.expires_at) + " of " + span(parts.issued_at, parts.expires_at);
}

void print(const Context& context, const token::Inspected& parts, WallTime now, const Result<void>& signature) {
  const bool alive = now >= parts.issued_at && now < parts.expires_at;
  if (context.json) {
    nlohmann::ordered_json out = {{"header", nlohmann::ordered_json::parse(parts.header_json)},
                                  {"claims", nlohmann::ordered_json::parse(parts.claims_json)},
                                  {"verified", signature.has_value()},
                                  {"valid_now", alive},
                                  {"seconds_left", numeric_date(parts.expires_at) - numeric_date(now)}};
    if (!signature) out["problem"] = signature.error().line();
    std::cout << out.dump() << "\n";
    return;
  }
  std::cout << "header     " << parts.header_json << "\nclaims     " << parts.claims_json << "\nissued     "
            << utc(parts.issued_at) << "\nexpires    " << utc(parts.expires_at) << "\nlife       " << life(parts, now)
            << "\nsignature  " << (signature ? "verifies" : "NOT VERIFIED") << "\n";
}

void inspect(Context& context, const Arguments& arguments) {
  const auto text = read_token(arguments.token);
  if (!text) return report(context, text.error());
  const auto parts = token::inspect(*text);
  if (!parts) return report(context, parts.error());
  const auto signature = verified(context, arguments, *parts);
  const auto now = system_clock::now();
  print(context, *parts, now, signature);
  if (!signature) report(context, signature.error());
  if (now < parts->issued_at || now >= parts->expires_at) context.exit_code = 1;
}

void add_inspect(CLI::App& token, Context& context) {
  auto* verb = token.add_subcommand("inspect",
                                    "decode a token, verify it, say how long it lives; exit 0 only if it is "
                                    "good now");
  auto arguments = std::make_shared<Arguments>();
  verb->add_option("TOKEN", arguments->token, "the token; - is standard input, which other users cannot watch")
      ->capture_default_str();
  verb->add_option("--public-key", arguments->public_key, "PEM public key or certificate instead of the gateway's key");
  verb->callback([&context, arguments] { inspect(context, *arguments); });
}

}  // namespace

void add_token_commands(CLI::App& app, Context& context) {
  auto* token = app.add_subcommand("token", "JSON Web Tokens, the gateway's passwords");
  token->require_subcommand(1);
  add_mint(*token, context);
  add_inspect(*token, context);
}

}  // namespace vouchgate::cli
