// Global options and the list of verbs.
#include "commands.hpp"

#include <CLI/CLI.hpp>
#include <csignal>
#include <exception>
#include <iostream>

#include "atecc_commands.hpp"
#include "check_command.hpp"
#include "context.hpp"
#include "daemon_commands.hpp"
#include "diag_command.hpp"
#include "key_commands.hpp"
#include "plan_command.hpp"
#include "spool_commands.hpp"
#include "token_commands.hpp"

namespace vouchgate::cli {
namespace {

int parse(CLI::App& app, Context& context, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    return context.exit_code;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;  // 0: --help and --version
  } catch (const std::exception& error) {
    std::cerr << "vouchgate: " << error.what() << "\n";
    return 1;
  }
}

// What did not reach its reader is not done: a full disk behind '> key.pem' must not look like success.
int delivered(int exit_code) {
  if (std::cout.flush() || exit_code != 0) return exit_code;
  std::cerr << "standard output: cannot be written\n";
  return 1;
}

}  // namespace

int command_line(int argc, char** argv) {
  // A TPM or a daemon that goes away must be an error code, not a signal.
  std::signal(SIGPIPE, SIG_IGN);
  Context context;
  CLI::App app("Keys, tokens and the running gateway daemon", "vouchgate");
  app.set_version_flag("--version", "vouchgate " VOUCHGATE_VERSION);
  app.add_option("--config", context.config_path, "configuration file; conf.d/*.yaml beside it is read as well")
      ->capture_default_str();
  app.add_flag("--json", context.json, "print JSON");
  app.require_subcommand(1);
  app.fallthrough();  // --config and --json may also stand behind the verb
  add_key_commands(app, context);
  add_atecc_commands(app, context);
  add_token_commands(app, context);
  add_daemon_commands(app, context);
  add_spool_commands(app, context);
  add_check_command(app, context);
  add_diag_command(app, context);
  add_plan_command(app, context);
  return delivered(parse(app, context, argc, argv));
}

}  // namespace vouchgate::cli
