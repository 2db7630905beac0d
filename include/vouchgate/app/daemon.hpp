// The whole daemon as a library: settings in, a running gateway out. Tests build it the same way as main() does.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "vouchgate/base/result.hpp"
#include "vouchgate/config/config.hpp"
#include "vouchgate/model/settings.hpp"

namespace vouchgate::app {

class Daemon {
 public:
  virtual ~Daemon() = default;
  // Runs until SIGTERM or SIGINT (or stop()), drains, returns. An error means that it could not start.
  virtual Result<void> run() = 0;
  virtual void stop(const std::string& reason) = 0;  // any thread
};

// Opens the spool, starts the key and disk threads, builds the gateway. Nothing is connected or listening before run().
// `read` gives the configuration anew at SIGHUP; it runs on a thread of its own.
Result<std::unique_ptr<Daemon>> assemble(const Settings& settings, std::function<config::Loaded()> read);

// The daemon's command line: --config, --check-config, --print-config, --version. Returns the exit code
// (0 ok, 1 failed, 2 usage).
int command_line(int argc, char** argv);

}  // namespace vouchgate::app
