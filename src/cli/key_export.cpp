// Four formats, to stdout or a file.
#include "key_export.hpp"

#include <CLI/CLI.hpp>
#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "context.hpp"
#include "vouchgate/base/bytes.hpp"
#include "vouchgate/keys/keys.hpp"
#include "vouchgate/provision/export.hpp"

namespace vouchgate::cli {
namespace {

struct Arguments {
  std::string format = "pem", out = "-", common_name;
  int days = 3650;  // a registry refuses an expired certificate, so it should outlive the box
};

Result<std::string> exported(Signer& signer, const Settings& settings, const Arguments& arguments) {
  const KeyInfo& key = signer.info();
  if (arguments.format == "pem") return provision::pem(key);
  if (arguments.format == "der") return std::string(text(key.public_key_der));
  if (arguments.format == "jwk") return provision::jwk(key);
  const std::string& name = arguments.common_name.empty() ? settings.cloud.iot_core.gateway : arguments.common_name;
  return provision::x509_pem(signer, name, std::chrono::system_clock::now(), std::chrono::hours(24) * arguments.days);
}

Result<void> run(const Context& context, const Settings& settings, const Arguments& arguments) {
  const auto signer = keys::open(settings.key);
  if (!signer) return fail(signer.error());
  auto content = exported(**signer, settings, arguments);
  if (!content) return fail(content.error());
  if (context.json) {
    const bool binary = arguments.format == "der";
    nlohmann::ordered_json out = {{"format", arguments.format}};
    out[binary ? "base64" : "text"] = binary ? base64(view(*content)) : *content;
    *content = out.dump() + "\n";
  }
  if (arguments.out == "-") {
    std::cout << *content << std::flush;
    return {};
  }
  std::ofstream file(arguments.out, std::ios::binary | std::ios::trunc);
  file << *content << std::flush;
  if (!file) return fail(Code::unavailable, "key export", arguments.out, "cannot be written");
  return {};
}

}  // namespace

void add_key_export(CLI::App& key, Context& context) {
  auto* verb = key.add_subcommand("export", "print the public key as the cloud's registry wants it");
  auto arguments = std::make_shared<Arguments>();
  verb->add_option("--format", arguments->format,
                   "pem (in the registry's form ES256 or RS256), x509 (a self-signed certificate: ES256_X509 or "
                   "RS256_X509), der or jwk")
      ->check(CLI::IsMember({"pem", "x509", "der", "jwk"}))
      ->capture_default_str();
  verb->add_option("--out", arguments->out, "file to write; - is standard output")->capture_default_str();
  verb->add_option("--days", arguments->days, "x509: how long it is valid")
      ->check(CLI::Range(1, 36500))
      ->capture_default_str();
  verb->add_option("--common-name", arguments->common_name, "x509: instead of cloud.iot_core.gateway");
  verb->callback([&context, arguments] {
    const auto settings = load_settings(context);
    if (!settings) return;
    if (const auto done = run(context, *settings, *arguments); !done) report(context, done.error());
  });
}

}  // namespace vouchgate::cli
