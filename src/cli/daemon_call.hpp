// One verb against the running daemon: connect, ask, complain with the hint. Never starts a daemon.
#pragma once

#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <string_view>

#include "context.hpp"
#include "control_client.hpp"

namespace vouchgate::cli {

using Verb = std::function<Result<void>(ControlClient&)>;

// Connects by the configuration of `context`. An error says what the unit was, if the daemon does not run.
Result<ControlClient> connect(const Context& context);
// Connects by the configuration of `context` and runs `verb`; an error goes to stderr and makes the exit code 1.
void run(Context& context, const Verb& verb);
// One request, its answer parsed.
Result<nlohmann::json> ask(ControlClient& daemon, std::string_view request,
                           std::chrono::seconds patience = std::chrono::seconds(10));

}  // namespace vouchgate::cli
