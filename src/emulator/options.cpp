// Reads the command line with one table for parsing and help. Never exits the program.
#include "options.hpp"

#include <array>
#include <charconv>
#include <string_view>

#include "vouchgate/model/ids.hpp"

namespace vouchgate::emulator {
namespace {

struct Row {
  std::string_view word;
  std::string Options::*target;
  std::string_view argument, help;
};
constexpr std::string_view port_word = "--port", quiet_word = "--quiet-telemetry";
constexpr std::array rows{
    Row{"--registry", &Options::registry, "FILE", "devices, keys and gateways the cloud knows (JSON, required)"},
    Row{"--listen", &Options::listen, "HOST", "address to listen on (default 127.0.0.1)"},
    Row{"--state-dir", &Options::state_dir, "DIR", "where ca.pem and the server's key are kept (default: temporary)"},
    Row{"--cert", &Options::certificate, "FILE",
        "server certificate chain, PEM (default: made in the state directory)"},
    Row{"--key", &Options::key, "FILE", "its private key, PEM"},
    Row{"--tls-version", &Options::tls_version, "V", "tlsv1.2 or tlsv1.3 (default: both)"},
    Row{"--plugin", &Options::plugin, "FILE", "the mosquitto plugin (default: as installed)"},
    Row{"--mosquitto", &Options::mosquitto, "FILE", "the mosquitto program (default: from PATH or /usr/sbin)"}};

std::string help() {
  std::string text =
      "Usage: vouchgate-emulator --registry FILE [options]\n"
      "A bench cloud: MQTT over TLS with device tokens, gateways and attach rules, on this machine.\n"
      "Every accepted message is one JSON line on standard output. SIGHUP reads the registry again.\n\n";
  const auto line = [&](std::string_view word, std::string_view argument, std::string_view what) {
    std::string left = "  " + std::string(word) + (argument.empty() ? "" : " ") + std::string(argument);
    left.resize(std::max<std::size_t>(left.size() + 1, 24), ' ');
    text += left + std::string(what) + "\n";
  };
  for (const Row& row : rows) line(row.word, row.argument, row.help);
  line(port_word, "PORT", "port to listen on, 0 = any free one (default 8883)");
  line(quiet_word, "", "count events and states, one line a second, instead of printing them");
  line("--help", "", "this text");
  line("--version", "", "the version");
  return text;
}

Error usage(std::string subject, std::string reason) {
  return {Code::invalid, "emulator", std::move(subject), std::move(reason), "vouchgate-emulator --help"};
}

bool set_port(const std::string& text, Options& options) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, options.port);
  return error == std::errc() && stop == end && options.port >= 0 && options.port <= 65535;
}

bool set(Options& options, std::string_view word, const std::string& value) {
  for (const Row& row : rows) {
    if (row.word != word) continue;
    options.*row.target = value;
    return true;
  }
  return false;
}

CommandLine checked(const Options& options) {
  if (options.registry.empty()) return usage("--registry", "is missing");
  if (options.certificate.empty() != options.key.empty()) return usage("--cert and --key", "go together");
  if (!options.tls_version.empty() && options.tls_version != "tlsv1.2" && options.tls_version != "tlsv1.3")
    return usage("--tls-version", "is not tlsv1.2 or tlsv1.3");
  for (const Row& row : rows)
    if ((options.*row.target).find('\n') != std::string::npos) return usage(std::string(row.word), "has a line break");
  return options;
}

}  // namespace

CommandLine parse_options(const std::vector<std::string>& arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::size_t equals = arguments[i].find('=');
    const std::string word = arguments[i].substr(0, equals);
    if (word == "--help") return ShowText{help()};
    if (word == "--version") return ShowText{"vouchgate-emulator " VOUCHGATE_VERSION "\n"};
    if (word == quiet_word) {
      options.quiet = true;
      continue;
    }
    Options scratch;
    if (word != port_word && !set(scratch, word, "")) return usage("'" + printable(word) + "'", "unknown option");
    if (equals == std::string::npos && i + 1 == arguments.size()) return usage(word, "needs a value");
    const std::string value = equals == std::string::npos ? arguments[++i] : arguments[i].substr(equals + 1);
    if (value.empty()) return usage(word, "has an empty value");
    if (word != port_word)
      set(options, word, value);
    else if (!set_port(value, options))
      return usage(word, "'" + printable(value) + "' is not a port");
  }
  return checked(options);
}

}  // namespace vouchgate::emulator
