// The way to the daemon's control socket, and what is said when nobody answers there.
#include "daemon_call.hpp"

#include <iostream>

#include "unit_state.hpp"
#include "vouchgate/config/config.hpp"

namespace vouchgate::cli {
namespace {

// Why nobody answers, as far as the service manager knows. A running unit that is not found at the configured path
// listens elsewhere.
Error with_unit(Error error) {
  if (error.code != Code::unavailable) return error;
  const UnitProperties unit = unit_properties();
  const std::string sentence = unit_sentence(unit);
  if (sentence.empty()) return error;
  error.reason += "; vouchgated.service: " + sentence;
  if (const auto state = unit.find("ActiveState"); state != unit.end() && state->second == "failed")
    error.hint = "'journalctl -x -u vouchgated' tells why, 'vouchgate check' what to mend";
  return error;
}

// A configuration that cannot be read or has mistakes is no reason not to ask a daemon that runs: the default path
// then.
Result<ControlClient> connect_as_configured(const Context& context) {
  const auto loaded = config::load(context.config_path, {});
  const bool usable = loaded.mistakes.empty();
  auto daemon = ControlClient::connect(usable ? loaded.settings.control.path : ControlSettings{}.path);
  if (daemon || usable) return daemon;
  Error error = std::move(daemon.error());
  error.hint = "control.path could not be read: " + loaded.mistakes.front().text();
  return fail(std::move(error));
}

}  // namespace

Result<ControlClient> connect(const Context& context) {
  auto daemon = connect_as_configured(context);
  return daemon ? std::move(daemon) : fail(with_unit(std::move(daemon.error())));
}

void run(Context& context, const Verb& verb) {
  auto daemon = connect(context);
  const Result<void> done = daemon ? verb(*daemon) : Result<void>(fail(daemon.error()));
  if (done) return;
  std::cerr << done.error().text() << "\n";
  context.exit_code = 1;
}

Result<nlohmann::json> ask(ControlClient& daemon, std::string_view request, std::chrono::seconds patience) {
  auto answer = daemon.ask(request, patience);
  if (!answer) return fail(std::move(answer.error()));
  auto parsed = nlohmann::json::parse(*answer, nullptr, false);
  if (!parsed.is_object()) return fail(Code::internal, "control", "", "the daemon's answer is not JSON");
  return parsed;
}

}  // namespace vouchgate::cli
