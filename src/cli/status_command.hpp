// `vouchgate status`: what the running daemon says of itself, once or live. Never starts a daemon.
#pragma once

namespace CLI {
class App;
}

namespace vouchgate::cli {

struct Context;

// `context` outlives `app`.
void add_status_command(CLI::App& app, Context& context);

}  // namespace vouchgate::cli
