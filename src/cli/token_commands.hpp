// The verbs of tokens: mint one, take one apart. A token is a password: only 'mint' prints one.
#pragma once

namespace CLI {
class App;
}

namespace vouchgate::cli {

struct Context;

// `context` outlives `app`.
void add_token_commands(CLI::App& app, Context& context);

}  // namespace vouchgate::cli
