// `vouchgate key export`: the public key in the forms that registries take. Never a private one.
#pragma once

namespace CLI {
class App;
}

namespace vouchgate::cli {

struct Context;

void add_key_export(CLI::App& key, Context& context);

}  // namespace vouchgate::cli
