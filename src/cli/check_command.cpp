// Looks, prints, and with --fix announces, mends and looks again.
#include "check_command.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "check/repair.hpp"
#include "check/report.hpp"
#include "check/survey.hpp"
#include "context.hpp"
#include "terminal.hpp"
#include "vouchgate/base/log.hpp"

namespace vouchgate::cli {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::steady_clock;

// All of it ends within a minute; a second look after --fix has a minute of its own.
constexpr auto longest = std::chrono::seconds(55);

struct Options {
  bool fix = false, yes = false;
  std::string user;
};

struct Looked {
  check::Outcome outcome;
  std::string daemon;
};

Looked look(Context& context, const Options& options) {
  const auto deadline = steady_clock::now() + longest;
  auto scene = std::make_shared<check::Scene>();
  scene->config_path = context.config_path;
  scene->standard_path = context.config_path == Context{}.config_path;
  scene->user = options.user;
  scene->loaded = load_configuration(context.config_path);
  if (scene->loaded.mistakes.empty()) scene->daemon = check::find_daemon(scene->loaded.settings);
  const auto told = [&](const check::Finding& finding) {
    if (!context.json) std::cout << check::text_of(finding, colours_wanted()) << std::flush;
  };
  Looked out{check::run_checks(check::survey(scene), deadline, told), check::word(scene->daemon.is)};
  const check::Tally sums = check::tally(out.outcome.findings);
  if (!context.json) std::cout << check::sum_text(sums);
  context.exit_code = sums.failed > 0 ? 1 : 0;
  return out;
}

std::vector<check::Repair> repairs_of(const Looked& looked) {
  std::vector<check::Repair> out;
  for (const check::Finding& finding : looked.outcome.findings)
    out.insert(out.end(), finding.repairs.begin(), finding.repairs.end());
  return out;
}

bool confirmed() {
  std::cerr << "do this? Type yes: ";
  std::string answer;
  return std::getline(std::cin, answer) && answer == "yes";
}

// What --fix leaves to the operator, with the verb that does it.
void tell_what_is_left(const Looked& looked) {
  for (const check::Finding& finding : looked.outcome.findings)
    if (finding.verdict == check::Verdict::failed && finding.repairs.empty())
      std::cout << "not mended by --fix: " << finding.id
                << (finding.id == "key.present"
                        ? " ('vouchgate key create' makes the key and a missing storage root key)"
                        : "")
                << "\n";
}

// False: nothing was changed.
bool mend_all(Context& context, const Options& options, const std::vector<check::Repair>& repairs, Json& mended) {
  if (!options.yes && (context.json || ::isatty(STDIN_FILENO) == 0 || !confirmed())) {
    report(context, {Code::denied, "fix", "", "nothing was changed", "add --yes to mend without being asked"});
    return false;
  }
  for (const check::Repair& repair : repairs) {
    const auto done = check::mend(repair);
    mended.push_back({{"what", repair.text()}, {"done", done.has_value()}});
    if (!done) report(context, done.error());
    if (done && !context.json) std::cout << "done: " << repair.text() << "\n";
  }
  return true;
}

Looked look_and_mend(Context& context, const Options& options, Json& mended) {
  Looked looked = look(context, options);
  const auto repairs = repairs_of(looked);
  if (!options.fix || looked.outcome.hung) return looked;
  if (!context.json) {
    std::cout << (repairs.empty() ? "\nnothing that --fix can mend\n" : "\nplan:\n");
    for (const check::Repair& repair : repairs) std::cout << "  " << repair.text() << "\n";
    tell_what_is_left(looked);
    std::cout << std::flush;
  }
  if (repairs.empty() || !mend_all(context, options, repairs, mended)) return looked;
  if (!context.json) std::cout << "\n";
  return look(context, options);
}

void run_check(Context& context, const Options& options) {
  log::set_level(events::Level::error);  // what the parts would log is in the findings
  Json mended = Json::array();
  const Looked looked = look_and_mend(context, options, mended);
  if (context.json) {
    Json out = check::json_of(looked.outcome.findings, looked.daemon);
    if (options.fix) out["mended"] = std::move(mended);
    std::cout << out.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n";
  }
  if (!looked.outcome.hung) return;
  // A thread is stuck in the kernel or in a library: ending in the usual way would wait for it, or pull what it uses
  // from under it.
  std::_Exit(std::cout.flush() ? context.exit_code : 1);
}

}  // namespace

void add_check_command(CLI::App& app, Context& context) {
  auto* verb = app.add_subcommand(
      "check", "what keeps the gateway from working: key, clock, network, cloud, spool; exit 1 if something failed");
  auto options = std::make_shared<Options>();
  auto* fix =
      verb->add_flag("--fix", options->fix, "mend directories, owners, modes and groups; says first what it will do");
  verb->add_flag("--yes", options->yes, "with --fix: do not ask")->needs(fix);
  verb->add_option("--user", options->user, "the daemon's user, if it is not vouchgate");
  verb->callback([&context, options] { run_check(context, *options); });
}

}  // namespace vouchgate::cli
