// Asks once, or once a second; paints in place on a terminal and prints blocks elsewhere.
#include "status_command.hpp"

#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "context.hpp"
#include "daemon_call.hpp"
#include "status_text.hpp"
#include "terminal.hpp"
#include "vouchgate/base/json_text.hpp"

namespace vouchgate::cli {
namespace {

using nlohmann::json;

constexpr auto every = std::chrono::seconds(1);
constexpr auto patience = std::chrono::seconds(2);  // of the live picture: 'q' must not wait longer

constexpr std::size_t prompt_rows = 1, live_rows = 2;  // what stands below the picture

View view_now(std::size_t below) {
  const TerminalSize size = terminal_size();
  return {size.columns, size.rows - std::min(below, size.rows), colours_wanted(), std::chrono::system_clock::now()};
}

// The answer as --json prints it: the daemon's own line without its op, so that the order of its fields stays.
std::string without_op(const std::string& answer) {
  constexpr std::string_view head = R"({"op":"status",)";
  return answer.starts_with(head) ? "{" + answer.substr(head.size()) : answer;
}

Result<std::string> block(ControlClient& daemon, bool as_json, std::chrono::seconds limit,
                          std::size_t below = prompt_rows) {
  auto answer = daemon.ask(JsonLine("status").str(), limit);
  if (!answer) return answer;
  return as_json ? without_op(*answer) + "\n" : status_text(json::parse(*answer, nullptr, false), view_now(below));
}

Result<void> print_status(ControlClient& daemon, bool as_json) {
  auto text = block(daemon, as_json, std::chrono::seconds(10));
  if (!text) return fail(std::move(text.error()));
  std::cout << *text;
  return {};
}

// True after a second; false as soon as nobody reads standard output any more.
bool pause_while_read() {
  pollfd reader{STDOUT_FILENO, 0, 0};
  return ::poll(&reader, 1, static_cast<int>(std::chrono::milliseconds(every).count())) == 0;
}

// One block a second, without escapes, until nobody reads or the daemon is gone.
Result<void> print_blocks(ControlClient& daemon, bool as_json) {
  for (bool first = true;; first = false) {
    auto text = block(daemon, as_json, std::chrono::seconds(10));
    if (!text) return fail(std::move(text.error()));
    std::cout << (first || as_json ? "" : "\n") << *text << std::flush;
    if (!std::cout || !pause_while_read()) return {};
  }
}

// In place, until somebody has seen enough. A daemon that stops is said and looked for again.
void paint(Context& context) {
  LivePicture picture;
  std::optional<ControlClient> daemon;
  do {
    Result<std::string> text = fail(Error{});
    if (!daemon) {
      if (auto found = connect(context))
        daemon.emplace(std::move(*found));
      else
        text = fail(std::move(found.error()));
    }
    if (daemon) text = block(*daemon, false, patience, live_rows);
    if (!text) daemon.reset();
    const std::string shown =
        text ? *text + "\nq ends\n" : text.error().text() + "\n\nlooking again every second; q ends\n";
    if (!picture.show(shown)) return;
  } while (picture.wait(every));
}

}  // namespace

void add_status_command(CLI::App& app, Context& context) {
  auto* status = app.add_subcommand("status", "session, token, children, spool and last faults of the running daemon");
  auto watch = std::make_shared<bool>(false);
  status->add_flag("--watch", *watch, "repaint every second");
  status->callback([&context, watch] {
    if (*watch && !context.json && is_terminal()) return paint(context);
    run(context, [&](ControlClient& daemon) {
      return *watch ? print_blocks(daemon, context.json) : print_status(daemon, context.json);
    });
  });
}

}  // namespace vouchgate::cli
