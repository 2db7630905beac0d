// `vouchgate check`: everything that can keep the gateway from working, in order. Changes nothing without --fix.
#pragma once

namespace CLI {
class App;
}

namespace vouchgate::cli {

struct Context;

// `context` outlives `app`.
void add_check_command(CLI::App& app, Context& context);

}  // namespace vouchgate::cli
