// One visitor method per type of value.
#include "loader.hpp"

#include <algorithm>

#include "vouchgate/model/ids.hpp"

namespace vouchgate::config {
namespace {

bool smells_of_secret(const std::string& key) {
  return key.find("password") != std::string::npos || key.find("secret") != std::string::npos ||
         key.find("private") != std::string::npos;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

}  // namespace

std::string nearest(const std::string& word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  if (word.size() > 100) return best;
  for (const std::string& candidate : candidates) {
    std::vector<std::size_t> row(candidate.size() + 1);  // Levenshtein, one row at a time
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= word.size(); ++i) {
      std::size_t diagonal = std::exchange(row[0], i);
      for (std::size_t j = 1; j < row.size(); ++j) {
        const std::size_t changed = diagonal + (word[i - 1] == candidate[j - 1] ? 0 : 1);
        diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, changed}));
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = candidate;
    }
  }
  return best;
}

Loader::Loader(const Node& root, std::vector<Mistake>& mistakes) : mistakes_(mistakes) {
  levels_.push_back({&root, "", {}});
  given_[""] = {root.position.file, 0, 0};
}

void Loader::mistake(const Position& at, const std::string& path, const std::string& what, const std::string& hint) {
  mistakes_.push_back(mistake_at(at, printable(path) + ": " + what, hint));
}

std::string Loader::path_of(const std::string& key) const {
  return levels_.back().path.empty() ? key : levels_.back().path + "." + key;
}

const Node* Loader::take(const char* key) {
  Level& level = levels_.back();
  level.known.emplace_back(key);
  if (level.node == nullptr) return nullptr;
  const auto entry = std::ranges::find(level.node->entries, key, &Node::Entry::key);
  if (entry == level.node->entries.end()) return nullptr;
  const bool valued = entry->value.kind != Node::Kind::nothing;
  given_[path_of(key)] = valued ? entry->value.position : entry->position;
  return &entry->value;
}

// A section, list or mapping without a value is an empty one.
const Node* Loader::take_group(const char* key) {
  const Node* node = take(key);
  return node == nullptr || node->kind == Node::Kind::nothing ? nullptr : node;
}

const Node* Loader::scalar(const char* key, const char* wanted) {
  const Node* node = take(key);
  if (node == nullptr || node->kind == Node::Kind::scalar) return node;
  if (node->kind == Node::Kind::nothing) {
    mistake(given_[path_of(key)], path_of(key), "has no value", "remove the key to have the default");
    return nullptr;
  }
  mistake(node->position, path_of(key), std::string("must be ") + wanted);
  return nullptr;
}

bool Loader::readable_text(const Node& node, const std::string& path) {
  if (node.kind != Node::Kind::scalar)
    mistake(node.position, path, "must be text");
  else if (node.text.find('\0') != std::string::npos)
    mistake(node.position, path, "has a NUL byte");
  else
    return true;
  return false;
}

bool Loader::enter(const char* key, const char*) {
  const std::string path = path_of(key);
  const Node* node = take_group(key);
  if (node != nullptr && node->kind != Node::Kind::map) {
    mistake(node->position, path, "must be a section of keys");
    node = nullptr;
  }
  levels_.push_back({node, path, {}});
  return true;
}

void Loader::leave() {
  report_unknown(levels_.back());
  levels_.pop_back();
}

void Loader::finish() { report_unknown(levels_.back()); }

void Loader::report_unknown(const Level& level) {
  if (level.node == nullptr) return;
  for (const Node::Entry& entry : level.node->entries) {
    if (std::ranges::find(level.known, entry.key) != level.known.end()) continue;
    std::string hint;
    if (smells_of_secret(entry.key) && std::ranges::none_of(level.known, smells_of_secret))
      hint = "secrets are never in this file; see key.tpm.auth_file";
    else if (const std::string near = nearest(entry.key, level.known); !near.empty())
      hint = "did you mean '" + near + "'?";
    else
      hint = "known here: " + joined(level.known);
    mistake(entry.position, level.path.empty() ? entry.key : level.path + "." + entry.key, "unknown key", hint);
  }
}

void Loader::text(const char* key, std::string& value, const char*) {
  const Node* node = scalar(key, "text");
  if (node == nullptr) return;
  if (readable_text(*node, path_of(key))) value = node->text;
}

void Loader::word(const char* key, std::string& value, const std::vector<std::string>& words, const char*) {
  const Node* node = scalar(key, "one word");
  if (node == nullptr) return;
  value = node->text;
  if (words.empty() || std::ranges::find(words, value) != words.end()) return;
  const std::string near = nearest(value, words);
  mistake(node->position, path_of(key), "'" + printable(value) + "' is not one of " + joined(words),
          near.empty() ? "" : "did you mean '" + near + "'?");
}

void Loader::duration(const char* key, Duration& value, DurationRange range, const char*) {
  const Node* node = scalar(key, "a duration");
  if (node == nullptr) return;
  const auto parsed = parse_duration(node->text);
  if (!parsed)
    return mistake(node->position, path_of(key), "'" + printable(node->text) + "' " + parsed.error().reason,
                   parsed.error().hint);
  value = *parsed;
  if (value < range.least || value > range.most)
    mistake(node->position, path_of(key),
            node->text + " is not within " + print_duration(range.least) + " to " + print_duration(range.most));
}

void Loader::number(const char* key, std::uint64_t& value, NumberRange range, Style style, const char*) {
  const Node* node = scalar(key, "a number");
  if (node == nullptr) return;
  const auto parsed = parse_number(node->text, node->quoted, style);
  if (!parsed)
    return mistake(node->position, path_of(key), "'" + printable(node->text) + "' " + parsed.error().reason,
                   parsed.error().hint);
  if (*parsed < range.least || *parsed > range.most)
    return mistake(node->position, path_of(key),
                   printable(node->text) + " is not within " + print_number(range.least, style) + " to " +
                       print_number(range.most, style));
  value = *parsed;
}

void Loader::texts(const char* key, std::vector<std::string>& value, const char*) {
  const Node* node = take_group(key);
  if (node == nullptr) return;
  if (node->kind != Node::Kind::list)
    return mistake(node->position, path_of(key), "must be a list", "write [one, two] or one line '- one' each");
  value.clear();
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    const std::string path = path_of(key) + "[" + std::to_string(i) + "]";
    given_[path] = node->items[i].position;
    if (readable_text(node->items[i], path)) value.push_back(node->items[i].text);
  }
}

void Loader::text_map(const char* key, std::map<std::string, std::string>& value, const char*) {
  const Node* node = take_group(key);
  if (node == nullptr) return;
  if (node->kind != Node::Kind::map)
    return mistake(node->position, path_of(key), "must be a mapping of names to texts");
  value.clear();
  for (const Node::Entry& entry : node->entries) {
    const std::string path = path_of(key) + "." + entry.key;
    given_[path] = entry.position;
    if (readable_text(entry.value, path)) value[entry.key] = entry.value.text;
  }
}

void Loader::devices(const char* key, std::vector<DeviceSettings>& value, DescribeDevice describe_device, const char*) {
  const Node* node = take_group(key);
  if (node == nullptr) return;
  if (node->kind != Node::Kind::list)
    return mistake(node->position, path_of(key), "must be a list", "write one line '- {id: pump-1}' for each");
  value.clear();
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    const std::string path = path_of(key) + "[" + std::to_string(i) + "]";
    given_[path] = node->items[i].position;
    value.emplace_back();
    if (node->items[i].kind != Node::Kind::map) {
      mistake(node->items[i].position, path, "must be a section of keys", "e.g. {id: pump-1}");
      continue;
    }
    levels_.push_back({&node->items[i], path, {}});
    describe_device(*this, value.back());
    leave();
  }
}

Position Loader::where(const std::string& path) const {
  for (std::string at = path;;) {
    if (const auto found = given_.find(at); found != given_.end()) return found->second;
    const auto cut = at.find_last_of(".[");
    at = cut == std::string::npos ? "" : at.substr(0, cut);
  }
}

}  // namespace vouchgate::config
