// The daemon's command line: checks and prints the configuration, or runs. Never knows what the daemon is made of.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>

#include "vouchgate/app/daemon.hpp"
#include "vouchgate/base/log.hpp"
#include "vouchgate/config/config.hpp"
#include "vouchgate/dialect/dialect.hpp"
#include "vouchgate/keys/keys.hpp"
#include "vouchgate/service/service.hpp"

namespace vouchgate::app {
namespace {

config::Vocabulary vocabulary() {
  config::Vocabulary words;
  for (const keys::Holder& holder : keys::holders()) words.holders.push_back(holder.word);
  words.dialects = dialect::words();
  return words;
}

int complain(const config::Loaded& loaded) {
  for (const config::Mistake& mistake : loaded.mistakes) std::cerr << mistake.text() << "\n";
  std::cerr << loaded.mistakes.size() << (loaded.mistakes.size() == 1 ? " mistake" : " mistakes")
            << "; nothing was changed.\n";
  return 1;
}

// Until the daemon hears SIGHUP it waits: its default would end a daemon that is asked to reload while it starts.
void hold_reloads() {
  sigset_t reload;
  sigemptyset(&reload);
  sigaddset(&reload, SIGHUP);
  ::pthread_sigmask(SIG_BLOCK, &reload, nullptr);
}

int run(const Settings& settings, const std::string& path) {
  events::Level level{};
  if (log::level_from_word(settings.log.level, level)) log::set_level(level);
  if (auto journal = service::journal_sink()) log::set_sink(std::move(journal));
  auto daemon = assemble(settings, [path] { return config::load(path, vocabulary()); });
  Result<void> done = daemon ? (*daemon)->run() : Result<void>(fail(daemon.error()));
  if (done) return 0;
  log::emit(events::Id::daemon_failed, {{"error", done.error().line()}, {"hint", done.error().hint}});
  if (!done.error().hint.empty() && isatty(STDERR_FILENO) != 0) std::cerr << "  hint: " << done.error().hint << "\n";
  return 1;
}

}  // namespace

int command_line(int argc, char** argv) {
  // A TPM, a broker or a child that goes away must be an error code, not a signal.
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App cli("Vouchgate gateway daemon: relays child devices to the cloud on tokens signed by a hardware key",
               "vouchgated");
  std::string path = "/etc/vouchgate/vouchgate.yaml";
  bool check = false;
  bool print = false;
  cli.add_option("--config", path, "configuration file; conf.d/*.yaml beside it is read as well")
      ->capture_default_str();
  cli.add_flag("--check-config", check, "report every mistake in the configuration and exit (1 if there is one)");
  cli.add_flag("--print-config", print, "print the default configuration with every key explained, and exit");
  cli.set_version_flag("--version", std::string("vouchgated ") + VOUCHGATE_VERSION);
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? 0 : 2;
  }
  if (print) {
    std::cout << config::print(Settings{});
    return std::cout.flush() ? 0 : 1;
  }
  if (!check) hold_reloads();
  const config::Loaded loaded = config::load(path, vocabulary());
  if (!loaded.mistakes.empty()) return complain(loaded);
  if (!check) return run(loaded.settings, path);
  std::cout << path << ": no mistakes\n";
  return 0;
}

}  // namespace vouchgate::app
