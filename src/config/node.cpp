// yaml-cpp's tree into ours: positions 1-based, duplicates reported, size and depth bounded.
#include "node.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "vouchgate/base/bytes.hpp"
#include "vouchgate/model/ids.hpp"

namespace vouchgate::config {
namespace {

constexpr std::size_t most_bytes = 1024 * 1024;
constexpr std::size_t most_nodes = 200'000;  // an alias can repeat a tree; 10,000 devices with every key are 100,000
constexpr int most_depth = 32;

class Builder {
 public:
  Builder(const std::string& file, std::vector<Mistake>& mistakes) : file_(file), mistakes_(mistakes) {}

  Node build(const YAML::Node& from, const std::string& path, int depth) {
    Node node;
    node.position = position(from.Mark());
    if (++nodes_ > most_nodes || depth > most_depth) {
      if (!std::exchange(too_much_, true))
        mistakes_.push_back(mistake_at(node.position, "too large or nested too deeply"));
      return node;
    }
    if (from.IsScalar()) {
      node.kind = Node::Kind::scalar;
      node.text = from.Scalar();
      node.quoted = from.Tag() == "!";
    } else if (from.IsSequence()) {
      node.kind = Node::Kind::list;
      for (std::size_t i = 0; i < from.size() && !too_much_; ++i)
        node.items.push_back(build(from[i], path + "[" + std::to_string(i) + "]", depth + 1));
    } else if (from.IsMap()) {
      build_map(from, node, path, depth);
    }
    return node;
  }

 private:
  Position position(const YAML::Mark& mark) const { return {file_, mark.line + 1, mark.column + 1}; }

  void build_map(const YAML::Node& from, Node& node, const std::string& path, int depth) {
    node.kind = Node::Kind::map;
    for (const auto& pair : from) {
      if (too_much_) return;
      const Position at = position(pair.first.Mark());
      if (!pair.first.IsScalar()) {
        mistakes_.push_back(
            mistake_at(at, (path.empty() ? "" : path + ": ") + std::string("a key must be plain text")));
        continue;
      }
      const std::string key = pair.first.Scalar();
      const std::string here = path.empty() ? key : path + "." + key;
      const auto same = std::ranges::find(node.entries, key, &Node::Entry::key);
      if (same != node.entries.end()) {
        mistakes_.push_back(mistake_at(at, printable(here) + ": given twice (first at " +
                                               std::to_string(same->position.line) + ":" +
                                               std::to_string(same->position.column) + ")"));
        continue;
      }
      node.entries.push_back({key, at, build(pair.second, here, depth + 1)});
    }
  }

  const std::string& file_;
  std::vector<Mistake>& mistakes_;
  std::size_t nodes_ = 0;
  bool too_much_ = false;
};

bool mergeable(const Node& node) { return node.kind == Node::Kind::map || node.kind == Node::Kind::nothing; }

}  // namespace

Mistake mistake_at(const Position& position, std::string what, std::string hint) {
  return {position.file, position.line, position.column, std::move(what), std::move(hint)};
}

Node parse(const std::string& file, const std::string& text, std::vector<Mistake>& mistakes) {
  const Position whole{file, 0, 0};
  if (text.size() > most_bytes) {
    mistakes.push_back(mistake_at(whole, "larger than 1 MiB"));
    return {};
  }
  if (!is_utf8(text) || text.find('\0') != std::string::npos) {
    mistakes.push_back(mistake_at(whole, "is not UTF-8 text"));
    return {};
  }
  try {
    const auto documents = YAML::LoadAll(text);
    if (documents.size() > 1)
      mistakes.push_back(mistake_at(whole, "holds more than one YAML document", "remove the '---'"));
    if (documents.empty()) return {};
    Node root = Builder(file, mistakes).build(documents.front(), "", 0);
    if (!mergeable(root)) {
      mistakes.push_back(
          mistake_at(root.position, "must be a mapping of sections", "e.g. 'cloud:' with its keys indented below"));
      return {};
    }
    return root;
  } catch (const YAML::Exception& error) {
    const Position at = error.mark.is_null() ? whole : Position{file, error.mark.line + 1, error.mark.column + 1};
    const std::string hint = text.find('\t') == std::string::npos ? "" : "YAML indents with spaces, never with tabs";
    mistakes.push_back(mistake_at(at, "not readable as YAML: " + printable(error.msg), hint));
  } catch (const std::exception& error) {
    mistakes.push_back(mistake_at(whole, std::string("not readable as YAML: ") + error.what()));
  }
  return {};
}

void merge(Node& base, Node more, const std::string& path, std::vector<Mistake>& mistakes) {
  if (base.kind == Node::Kind::nothing) {
    base = std::move(more);
    return;
  }
  for (Node::Entry& entry : more.entries) {
    const std::string here = path.empty() ? entry.key : path + "." + entry.key;
    const auto same = std::ranges::find(base.entries, entry.key, &Node::Entry::key);
    if (same == base.entries.end()) {
      base.entries.push_back(std::move(entry));
    } else if (mergeable(same->value) && mergeable(entry.value)) {
      merge(same->value, std::move(entry.value), here, mistakes);
    } else {
      mistakes.push_back(mistake_at(entry.position, printable(here) + ": given twice (first at " + same->position.file +
                                                        ":" + std::to_string(same->position.line) + ":" +
                                                        std::to_string(same->position.column) + ")"));
    }
  }
}

}  // namespace vouchgate::config
