// The verbs of the gateway's key: create, show, export, test, remove. Never prints a private key.
#pragma once

namespace CLI {
class App;
}

namespace vouchgate::cli {

struct Context;

// `context` outlives `app`.
void add_key_commands(CLI::App& app, Context& context);

}  // namespace vouchgate::cli
