// Each verb loads the configuration, asks the keys room and prints.
#include "key_commands.hpp"

#include <CLI/CLI.hpp>
#include <chrono>
#include <functional>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "context.hpp"
#include "key_export.hpp"
#include "vouchgate/base/bytes.hpp"
#include "vouchgate/base/spell.hpp"
#include "vouchgate/keys/atecc608.hpp"
#include "vouchgate/keys/keys.hpp"
#include "vouchgate/provision/export.hpp"

namespace vouchgate::cli {
namespace {

using Json = nlohmann::ordered_json;
using Verb = std::function<Result<void>(const Settings&)>;

void run(Context& context, const Verb& verb) {
  const auto settings = load_settings(context);
  if (!settings) return;
  if (const auto done = verb(*settings); !done) report(context, done.error());
}

Json json_of(const KeyInfo& key) {
  return {{"holder", key.holder},     {"where", key.where}, {"algorithm", word(key.algorithm)},
          {"hardware", key.hardware}, {"name", key.name},   {"public_key_pem", provision::pem(key)}};
}

// The command as this operator has to type it.
std::string command(const Context& context) {
  return context.config_path == Context{}.config_path ? "vouchgate" : "vouchgate --config " + context.config_path;
}

// The words of the registry's form; it takes keys for these two algorithms only.
std::string registry_formats(Algorithm algorithm) {
  if (algorithm == Algorithm::es256) return "ES256 (the public key) or ES256_X509 (a certificate)";
  if (algorithm == Algorithm::rs256) return "RS256 (the public key) or RS256_X509 (a certificate)";
  return "the format for " + std::string(word(algorithm)) + ", which not every cloud has";
}

// An ATECC608's slot that could be locked and is not.
bool lock_remains(const KeySettings& key) {
  if (key.holder != "atecc608") return false;
  const auto chip = keys::atecc608::identify(key.atecc608);
  return chip && atecc608::slot_of(chip->config, key.atecc608.slot).lockable &&
         !atecc608::slot_locked(chip->config, key.atecc608.slot);
}

std::string next_steps(const Context& context, const Settings& settings, const KeyInfo& key, bool moved) {
  std::string out = "next:\n";
  int step = 0;
  const auto add = [&](const std::string& text) { out += "  " + std::to_string(++step) + ". " + text + "\n"; };
  if (moved) add("set key.tpm.handle: " + key.where + " in " + context.config_path);
  add("'" + command(context) + " key export --format pem' prints the public key ('--format x509' a certificate)");
  add("register it for " + settings.cloud.iot_core.gateway + " in the cloud's registry as " +
      registry_formats(key.algorithm));
  add("start the service: systemctl enable --now vouchgated");
  if (lock_remains(settings.key))
    add("when it works: '" + command(context) + " atecc lock-slot " + std::to_string(settings.key.atecc608.slot) +
        " --commit'; until then whoever opens the bus can replace the key");
  return out;
}

Result<void> create(Context& context, Settings settings, std::uint32_t handle) {
  const bool moved = handle != 0 && handle != settings.key.tpm.handle;
  if (moved && settings.key.holder != "tpm")
    return fail(Code::invalid, "key", "--handle", "is for key.holder tpm only");
  if (moved) settings.key.tpm.handle = handle;
  const auto signer = keys::create(settings.key);
  if (!signer) return fail(signer.error());
  const KeyInfo& key = (*signer)->info();
  if (context.json) {
    std::cout << json_of(key).dump() << "\n";
    return {};
  }
  const bool tpm = key.holder == "tpm";
  const std::string chip = tpm                    ? "the TPM (" + key.hardware + ") at "
                           : key.hardware.empty() ? ""
                                                  : key.hardware + " at ";
  std::cout << word(key.algorithm) << " key made in " << chip << key.where << "\n  name      " << key.name << "\n";
  if (tpm) std::cout << "  key file  " << settings.key.tpm.key_file << " (pins the name; of no use without this TPM)\n";
  std::cout << next_steps(context, settings, key, moved);
  return {};
}

// Empty if `text` is in the owner's part of the persistent handles (TCG Registry of Reserved TPM 2.0 Handles).
std::string persistent_handle(const std::string& text) {
  std::uint32_t handle = 0;
  if (CLI::detail::lexical_cast(text, handle) && handle >= 0x81000000 && handle <= 0x817fffff) return {};
  return text + " is not a persistent handle from 0x81000000 to 0x817fffff";
}

void add_create(CLI::App& key, Context& context) {
  auto* verb = key.add_subcommand("create", "make the gateway's key where key.holder says; never replaces one");
  auto handle = std::make_shared<std::uint32_t>(0);
  verb->add_option("--handle", *handle, "persistent handle instead of key.tpm.handle, e.g. 0x81000101")
      ->check(CLI::Validator(persistent_handle, "HANDLE"));
  verb->callback([&context, handle] {
    run(context, [&](const Settings& settings) { return create(context, settings, *handle); });
  });
}

std::string state_of(const keys::Description& key) {
  if (!key.present) return "the handle is empty; the key file brings it back at the next use";
  if (key.ours()) return key.holder == "tpm" ? "pinned: the key file names this key" : "ours";
  if (key.pinned_name.empty()) return "foreign: there is no key file that names it";
  return "foreign: the key file names " + key.pinned_name;
}

Result<void> show(Context& context, const Settings& settings) {
  const auto key = keys::describe(settings.key);
  if (!key) return fail(key.error());
  const bool foreign = key->present && !key->ours();
  if (context.json) {
    const Json out = {
        {"holder", key->holder},       {"where", key->where},
        {"name", key->name},           {"pinned_name", key->pinned_name},
        {"algorithm", key->algorithm}, {"attributes", key->attributes},
        {"hardware", key->hardware},   {"state", !key->present ? "absent" : foreign ? "foreign" : "ours"}};
    std::cout << out.dump() << "\n";
  } else {
    std::cout << "holder      " << key->holder << "\nwhere       " << key->where << "\nname        " << key->name
              << "\nalgorithm   " << key->algorithm << "\n";
    std::string words;
    for (const std::string& attribute : key->attributes) words += (words.empty() ? "" : " ") + attribute;
    if (!words.empty()) std::cout << "attributes  " << words << "\n";
    if (!key->hardware.empty()) std::cout << "hardware    " << key->hardware << "\n";
    std::cout << "state       " << state_of(*key) << "\n";
  }
  if (foreign) context.exit_code = 1;
  return {};
}

Result<void> test(Context& context, const Settings& settings) {
  const auto signer = keys::open(settings.key);
  if (!signer) return fail(signer.error());
  const KeyInfo& key = (*signer)->info();
  constexpr std::string_view probe = "vouchgate key test";
  const auto start = std::chrono::steady_clock::now();
  const auto signature = (*signer)->sign(view(probe));
  const auto took = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  if (!signature) return fail(signature.error());
  const auto good = provision::verify(key, view(probe), *signature);
  if (!good) return fail(good.error());
  if (!*good) return fail(Code::corrupt, "key", key.where, "its signature does not verify under its public key");
  char time[32];
  std::snprintf(time, sizeof time, "%.1f", took);
  if (context.json)
    std::cout << Json{{"ok", true}, {"algorithm", word(key.algorithm)}, {"where", key.where}, {"sign_ms", took}}.dump()
              << "\n";
  else
    std::cout << "ok: " << word(key.algorithm) << " by " << key.holder << " " << key.where << " signs in " << time
              << " ms, and the signature verifies\n";
  return {};
}

Result<void> remove(Context& context, const Settings& settings) {
  const std::string& place = settings.key.holder == "tpm" ? settings.key.tpm.key_file : settings.key.file.path;
  if (auto removed = keys::remove(settings.key); !removed) return removed;
  if (context.json)
    std::cout << Json{{"removed", true}, {"file", place}}.dump() << "\n";
  else
    std::cout << "the key and " << place << " are removed; the cloud's registry still holds its public key\n";
  return {};
}

void add_remove(CLI::App& key, Context& context) {
  auto* verb = key.add_subcommand("remove", "destroy the gateway's key; nothing brings it back");
  auto sure = std::make_shared<bool>(false);  // read by CLI11 alone: without it the verb is wrong usage
  verb->add_flag("--yes", *sure, "yes, destroy it")->required();
  verb->callback(
      [&context, sure] { run(context, [&](const Settings& settings) { return remove(context, settings); }); });
}

}  // namespace

void add_key_commands(CLI::App& app, Context& context) {
  auto* key = app.add_subcommand("key", "the gateway's private key, which never leaves its holder");
  key->require_subcommand(1);
  add_create(*key, context);
  key->add_subcommand("show", "what is at the key's place; exit 1 if it is not ours")->callback([&context] {
    run(context, [&](const Settings& settings) { return show(context, settings); });
  });
  add_key_export(*key, context);
  key->add_subcommand("test", "sign once and verify the signature")->callback([&context] {
    run(context, [&](const Settings& settings) { return test(context, settings); });
  });
  add_remove(*key, context);
}

}  // namespace vouchgate::cli
