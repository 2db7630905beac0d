// yaml-cpp's events into our tree: positions 1-based, duplicates reported, size and depth bounded. Never builds
// yaml-cpp's own tree: its LoadAll() never ends on a stray ',' or '}', and its aliases can multiply a file without
// bound.
#include "node.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <sstream>

#include "vouchgate/base/bytes.hpp"
#include "vouchgate/model/ids.hpp"

namespace vouchgate::config {
namespace {

constexpr std::size_t most_bytes = 1024 * 1024;
constexpr std::size_t most_keys = 1000;  // in one mapping; bounds the search for duplicates
constexpr std::size_t longest_key = 256;
constexpr std::size_t most_depth = 32;

std::string place(const Position& at) { return std::to_string(at.line) + ":" + std::to_string(at.column); }
std::string below(const std::string& path, const std::string& key) { return path.empty() ? key : path + "." + key; }

class Builder : public YAML::EventHandler {
 public:
  Builder(const std::string& file, std::vector<Mistake>& mistakes) : file_(file), mistakes_(mistakes) {}

  Node root;
  int documents = 0;
  Position last_document;
  bool broken = false;  // what was built is not what was written

  void OnDocumentStart(const YAML::Mark& mark) override {
    ++documents;
    last_document = position(mark);
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { finished(node_at(mark, Node::Kind::nothing)); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(position(mark), "aliases are not read here", "write the value out");
    finished(node_at(mark, Node::Kind::nothing));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& value) override {
    Node node = node_at(mark, Node::Kind::scalar);
    node.text = value;
    node.quoted = tag == "!";  // yaml-cpp's tag of every quoted scalar
    finished(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    open(node_at(mark, Node::Kind::list));
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    open(node_at(mark, Node::Kind::map));
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Node node;
    std::string path;
    bool key_is_next = true;  // maps only
    bool keep = true;         // false: the value under way is a duplicate's or has no usable key
    std::string key;
    Position key_position;
  };

  Position position(const YAML::Mark& mark) const { return {file_, mark.line + 1, mark.column + 1}; }
  Node node_at(const YAML::Mark& mark, Node::Kind kind) const {
    Node node;
    node.kind = kind;
    node.position = position(mark);
    return node;
  }
  void refuse(const Position& at, const std::string& what, const std::string& hint = {}) {
    broken = true;
    mistakes_.push_back(mistake_at(at, what, hint));
  }

  std::string next_path() const {
    if (open_.empty()) return {};
    const Open& top = open_.back();
    if (top.node.kind == Node::Kind::list) return top.path + "[" + std::to_string(top.node.items.size()) + "]";
    return below(top.path, top.key);
  }
  void open(Node node) {
    // yaml-cpp bounds its own recursion far above this; deeper levels are counted and thrown away.
    if (open_.size() == most_depth && !std::exchange(too_deep_, true))
      refuse(node.position, "nested too deeply", "a configuration has six levels at most");
    Open level;
    level.node = std::move(node);
    if (open_.size() < most_depth) level.path = next_path();
    open_.push_back(std::move(level));
  }
  void close() {
    Node node = std::move(open_.back().node);
    open_.pop_back();
    finished(std::move(node));
  }

  void finished(Node node) {
    if (open_.empty()) {
      if (documents == 1) root = std::move(node);
      return;
    }
    Open& top = open_.back();
    if (open_.size() > most_depth) return;
    if (top.node.kind == Node::Kind::list)
      top.node.items.push_back(std::move(node));
    else if (std::exchange(top.key_is_next, !top.key_is_next))
      key(top, node);
    else if (top.keep)
      top.node.entries.push_back({top.key, top.key_position, std::move(node)});
  }
  void key(Open& top, const Node& node) {
    top.keep = false;
    top.key = node.text;
    top.key_position = node.position;
    if (node.kind != Node::Kind::scalar)
      return mistakes_.push_back(
          mistake_at(node.position, (top.path.empty() ? "" : printable(top.path) + ": ") + "a key must be plain text"));
    if (top.key.size() > longest_key) {
      top.key.clear();
      return refuse(node.position, (top.path.empty() ? "" : printable(top.path) + ": ") + "a key is too long");
    }
    const std::string here = below(top.path, top.key);
    if (top.node.entries.size() >= most_keys) {
      if (!std::exchange(too_many_, true)) refuse(node.position, printable(here) + ": too many keys");
      return;
    }
    const auto same = std::ranges::find(top.node.entries, top.key, &Node::Entry::key);
    top.keep = same == top.node.entries.end();
    if (!top.keep)
      mistakes_.push_back(
          mistake_at(node.position, printable(here) + ": given twice (first at " + place(same->position) + ")"));
  }

  const std::string& file_;
  std::vector<Mistake>& mistakes_;
  std::vector<Open> open_;
  bool too_deep_ = false, too_many_ = false;
};

bool mergeable(const Node& node) { return node.kind == Node::Kind::map || node.kind == Node::Kind::nothing; }

std::optional<Node> read_document(const std::string& file, const std::string& text, std::vector<Mistake>& mistakes) {
  std::istringstream in(text);
  YAML::Parser parser(in);
  Builder builder(file, mistakes);
  if (!parser.HandleNextDocument(builder)) return Node{};
  // Asked once more and never again: a stray ',' makes yaml-cpp report empty documents for ever.
  if (parser.HandleNextDocument(builder)) {
    mistakes.push_back(mistake_at(builder.last_document, "the document ends here, but the file goes on",
                                  "look for a second '---' or a stray , ] }"));
    return std::nullopt;
  }
  if (builder.broken) return std::nullopt;
  if (mergeable(builder.root)) return std::move(builder.root);
  mistakes.push_back(
      mistake_at(builder.root.position, "must be a mapping of sections", "e.g. 'cloud:' with its keys indented below"));
  return std::nullopt;
}

}  // namespace

Mistake mistake_at(const Position& position, std::string what, std::string hint) {
  return {position.file, position.line, position.column, std::move(what), std::move(hint)};
}

std::optional<Node> parse(const std::string& file, const std::string& text, std::vector<Mistake>& mistakes) {
  const Position whole{file, 0, 0};
  if (text.size() > most_bytes) {
    mistakes.push_back(mistake_at(whole, "larger than 1 MiB"));
    return std::nullopt;
  }
  if (!is_utf8(text) || text.find('\0') != std::string::npos) {
    mistakes.push_back(mistake_at(whole, "is not UTF-8 text"));
    return std::nullopt;
  }
  try {
    return read_document(file, text, mistakes);
  } catch (const YAML::Exception& error) {
    const Position at = error.mark.is_null() ? whole : Position{file, error.mark.line + 1, error.mark.column + 1};
    const std::string hint = text.find('\t') == std::string::npos ? "" : "YAML indents with spaces, never with tabs";
    mistakes.push_back(mistake_at(at, "not readable as YAML: " + printable(error.msg), hint));
  } catch (const std::exception& error) {
    mistakes.push_back(mistake_at(whole, std::string("not readable as YAML: ") + error.what()));
  }
  return std::nullopt;
}

void merge(Node& base, Node more, const std::string& path, std::vector<Mistake>& mistakes) {
  if (base.kind == Node::Kind::nothing) {
    base = std::move(more);
    return;
  }
  for (Node::Entry& entry : more.entries) {
    const std::string here = below(path, entry.key);
    const auto same = std::ranges::find(base.entries, entry.key, &Node::Entry::key);
    if (same == base.entries.end()) {
      base.entries.push_back(std::move(entry));
    } else if (same->value.kind == Node::Kind::nothing) {
      *same = std::move(entry);  // a key without a value gives nothing, so nothing is given twice
    } else if (entry.value.kind == Node::Kind::nothing) {
      continue;
    } else if (mergeable(same->value) && mergeable(entry.value)) {
      merge(same->value, std::move(entry.value), here, mistakes);
    } else {
      mistakes.push_back(mistake_at(entry.position, printable(here) + ": given twice (first at " + same->position.file +
                                                        ":" + place(same->position) + ")"));
    }
  }
}

}  // namespace vouchgate::config
