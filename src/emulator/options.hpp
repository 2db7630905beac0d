// The launcher's command line. Never opens what it names.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "vouchgate/base/error.hpp"

namespace vouchgate::emulator {

struct Options {
  std::string registry;
  std::string listen = "127.0.0.1";
  int port = 8883;          // 0 = any free one
  std::string state_dir;    // empty = a temporary one, removed at the end
  std::string certificate;  // with key, or both empty
  std::string key;
  std::string tls_version;  // empty = 1.2 and 1.3; tlsv1.2 or tlsv1.3 = only that one
  std::string plugin;       // empty = next to the program or where it was installed
  std::string mosquitto;    // empty = PATH, then /usr/sbin
  bool quiet = false;
};
struct ShowText {
  std::string text;  // of --help or --version
};
using CommandLine = std::variant<Options, ShowText, Error>;

// arguments: without the program's name.
CommandLine parse_options(const std::vector<std::string>& arguments);

}  // namespace vouchgate::emulator
