// The configuration file and everything made from its one description: defaults text, docs, JSON Schema. Reports all
// mistakes at once. Never applies a setting.
#pragma once

#include <string>
#include <vector>

#include "vouchgate/base/error.hpp"
#include "vouchgate/model/settings.hpp"

namespace vouchgate::config {

struct Mistake {
  std::string file;
  int line = 0, column = 0;  // 1-based; 0 = the file as a whole
  std::string what;          // "token.lifetme: unknown key"
  std::string hint;          // "did you mean 'lifetime'?" or empty
  std::string text() const;  // "file:line:column: what\n  hint: ..."
};

struct Loaded {
  Settings settings;              // defaults where nothing was given; meaningless when there are mistakes
  std::vector<Mistake> mistakes;  // empty = usable
};

// Facts of other rooms that the checks need, handed in so that this room stays an adapter of its own.
struct Vocabulary {
  std::vector<std::string> holders, dialects;
};

// `path`, then conf.d/*.yaml beside it in order; a key given in two files is a mistake.
Loaded load(const std::string& path, const Vocabulary& vocabulary);
Loaded load_text(const std::string& name, const std::string& yaml, const Vocabulary& vocabulary);

struct Change {
  std::string key;  // "token.lifetime"; all of devices is one key
  bool live;        // false: waits for a restart
  bool operator==(const Change&) const = default;
};

// Gives `running` the values of `wanted` for every live key; the others keep theirs. Returns every key that differed.
std::vector<Change> adopt(Settings& running, const Settings& wanted);

std::string print(const Settings& settings);  // commented YAML; print(Settings{}) is config/vouchgate.yaml
std::string reference_markdown();             // docs/configuration.md
std::string json_schema();                    // config/vouchgate.schema.json
std::string manual_page();                    // docs/man/vouchgate.yaml.5

}  // namespace vouchgate::config
