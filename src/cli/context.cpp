// Loads and complains. Never goes on with a configuration that has mistakes.
#include "context.hpp"

#include <iostream>

#include "vouchgate/config/config.hpp"
#include "vouchgate/keys/keys.hpp"

namespace vouchgate::cli {

std::optional<Settings> load_settings(Context& context) {
  config::Vocabulary words;
  for (const keys::Holder& holder : keys::holders()) words.holders.push_back(holder.word);
  config::Loaded loaded = config::load(context.config_path, words);
  if (loaded.mistakes.empty()) return std::move(loaded.settings);
  for (const config::Mistake& mistake : loaded.mistakes) std::cerr << mistake.text() << "\n";
  context.exit_code = 1;
  return std::nullopt;
}

void report(Context& context, const Error& error) {
  std::cerr << error.text() << "\n";
  context.exit_code = 1;
}

}  // namespace vouchgate::cli
