// `vouchgate plan`: what rates, sizes and this configuration mean for the spool and the flash. Never changes anything.
#pragma once

namespace CLI {
class App;
}

namespace vouchgate::cli {

struct Context;

// `context` outlives `app`.
void add_plan_command(CLI::App& app, Context& context);

}  // namespace vouchgate::cli
