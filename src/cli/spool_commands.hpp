// vouchgate spool ...: the ledger, and what an operator may do with messages in quarantine.
#pragma once

namespace CLI {
class App;
}

namespace vouchgate::cli {

struct Context;
void add_spool_commands(CLI::App& app, Context& context);

}  // namespace vouchgate::cli
