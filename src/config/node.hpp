// A configuration document as a tree with positions, merged from its files. Duplicate keys are found here, because
// yaml-cpp takes the first and says nothing. Never interprets a value.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vouchgate/config/config.hpp"

namespace vouchgate::config {

struct Position {
  std::string file;
  int line = 0, column = 0;  // 1-based; 0 = the file as a whole
};

struct Node {
  enum class Kind { nothing, scalar, list, map } kind = Kind::nothing;
  struct Entry;
  Position position;
  std::string text;  // scalar
  bool quoted = false;
  std::vector<Node> items;     // list
  std::vector<Entry> entries;  // map, in the order of the file
};
struct Node::Entry {
  std::string key;
  Position position;
  Node value;
};

Mistake mistake_at(const Position& position, std::string what, std::string hint = {});

// Parses one file's text. What cannot be read is one mistake with its position, and no tree.
std::optional<Node> parse(const std::string& file, const std::string& text, std::vector<Mistake>& mistakes);

// Adds `more` to `base`, section by section. A leaf given in both is a mistake.
void merge(Node& base, Node more, const std::string& path, std::vector<Mistake>& mistakes);

}  // namespace vouchgate::config
