// Loads and complains. Never goes on with a configuration that has mistakes.
#include "context.hpp"

#include <iostream>

#include "vouchgate/dialect/dialect.hpp"
#include "vouchgate/keys/keys.hpp"

namespace vouchgate::cli {

config::Loaded load_configuration(const std::string& path) {
  config::Vocabulary words;
  for (const keys::Holder& holder : keys::holders()) words.holders.push_back(holder.word);
  words.dialects = dialect::words();
  return config::load(path, words);
}

std::optional<Settings> load_settings(Context& context) {
  config::Loaded loaded = load_configuration(context.config_path);
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
