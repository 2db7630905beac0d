// The verbs that talk to the running daemon: status, devices, send, listen, renew. Never touches its files or its key.
#pragma once

namespace CLI {
class App;
}

namespace vouchgate::cli {

struct Context;

// `context` outlives `app`.
void add_daemon_commands(CLI::App& app, Context& context);

}  // namespace vouchgate::cli
