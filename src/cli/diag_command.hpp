// `vouchgate diag`: a support bundle that can be sent to somebody. Never sends it.
#pragma once

namespace CLI {
class App;
}

namespace vouchgate::cli {

struct Context;

// `context` outlives `app`.
void add_diag_command(CLI::App& app, Context& context);

}  // namespace vouchgate::cli
