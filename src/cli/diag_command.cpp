// Collects, packs, says what is in and what is not.
#include "diag_command.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <ctime>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "context.hpp"
#include "diag/archive.hpp"
#include "quantity.hpp"
#include "vouchgate/base/log.hpp"

namespace vouchgate::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string path;
  bool anonymise = false;
};

std::string time_text(const char* format) {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  char out[32];
  std::strftime(out, sizeof out, format, &utc);
  return out;
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

// Goes into the bundle too, for the one who receives it.
std::string contents_text(const diag::Bundle& bundle) {
  std::string out;
  for (const diag::Item& item : bundle.items)
    out += "  " + padded(item.name, 20) + padded(bytes_text(item.text.size()), 11) + item.what + "\n";
  out += "left out:\n";
  for (const diag::LeftOut& left : bundle.left_out) out += "  " + left.what + ": " + left.why + "\n";
  return out;
}

Json json_of(const diag::Bundle& bundle, const Options& options, std::uint64_t size) {
  Json packed = Json::array();
  for (const diag::Item& item : bundle.items)
    packed.push_back({{"name", item.name}, {"bytes", item.text.size()}, {"what", item.what}});
  Json left = Json::array();
  for (const diag::LeftOut& one : bundle.left_out) left.push_back({{"what", one.what}, {"why", one.why}});
  return {{"file", options.path},
          {"bytes", size},
          {"anonymised", options.anonymise},
          {"packed", std::move(packed)},
          {"left_out", std::move(left)}};
}

void run_diag(Context& context, Options options) {
  log::set_level(events::Level::error);
  if (options.path.empty()) options.path = "vouchgate-diag-" + time_text("%Y%m%dT%H%M%SZ") + ".tar.gz";
  if (!context.json) std::cerr << "collecting; the checks take up to a minute\n";
  diag::Bundle bundle = diag::collect(context.config_path, options.anonymise);
  const std::string made = "vouchgate " VOUCHGATE_VERSION ", " + time_text("%Y-%m-%dT%H:%M:%SZ");
  const std::string names = options.anonymise ? "names of devices, hosts and projects are replaced\n" : "";
  bundle.items.push_back({"README.txt", "this list", made + "\n" + names + contents_text(bundle)});
  const auto size = diag::pack(bundle, options.path);
  if (!size) return report(context, size.error());
  if (context.json) {
    std::cout << json_of(bundle, options, *size).dump(-1, ' ', false, Json::error_handler_t::replace) << "\n";
    return;
  }
  std::cout << "packed:\n"
            << contents_text(bundle) << "\n"
            << options.path << ": " << bytes_text(*size) << ", readable by you alone\n"
            << "look before you send: tar -xzOf " << options.path << " | less\n";
}

}  // namespace

void add_diag_command(CLI::App& app, Context& context) {
  auto* verb = app.add_subcommand("diag", "pack a support bundle: state, checks, journal, versions; never a secret");
  auto options = std::make_shared<Options>();
  verb->add_option("-o,--output", options->path, "FILE.tar.gz; default: vouchgate-diag-TIME.tar.gz in this folder");
  verb->add_flag("--anonymise", options->anonymise, "replace names of devices, hosts and projects by others");
  verb->callback([&context, options] { run_diag(context, *options); });
}

}  // namespace vouchgate::cli
