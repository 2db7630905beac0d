// What every verb knows: where the configuration is, how to print, how it ended. Never holds a key.
#pragma once

#include <optional>
#include <string>

#include "vouchgate/base/error.hpp"
#include "vouchgate/config/config.hpp"
#include "vouchgate/model/settings.hpp"

namespace vouchgate::cli {

struct Context {
  std::string config_path = "/etc/vouchgate/vouchgate.yaml";
  bool json = false;
  int exit_code = 0;  // 0 done, 1 failed, 2 wrong usage
};

config::Loaded load_configuration(const std::string& path);

// The configuration; when it has mistakes, all of them on stderr and exit_code 1.
std::optional<Settings> load_settings(Context& context);

// The error with its hint on stderr, and exit_code 1.
void report(Context& context, const Error& error);

}  // namespace vouchgate::cli
