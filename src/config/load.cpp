// Files in, settings and mistakes out. Never throws, never stops at the first mistake.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "loader.hpp"
#include "vouchgate/config/config.hpp"

namespace vouchgate::config {
namespace {

Loaded load_tree(const Node& root, std::vector<Mistake> mistakes, const Vocabulary& vocabulary) {
  Loaded loaded;
  const bool readable = mistakes.empty();
  Loader loader(root, mistakes);
  describe(loader, loaded.settings, Words{vocabulary.holders, vocabulary.dialects});
  loader.finish();
  // With a file that could not be parsed the rules would only complain about what nobody could read.
  if (readable || root.kind != Node::Kind::nothing) check(loaded.settings, loader, mistakes);
  std::ranges::stable_sort(mistakes, [](const Mistake& a, const Mistake& b) {
    return std::tie(a.file, a.line, a.column) < std::tie(b.file, b.line, b.column);
  });
  loaded.mistakes = std::move(mistakes);
  return loaded;
}

Node read_file(const std::string& path, std::vector<Mistake>& mistakes) {
  const Position whole{path, 0, 0};
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    mistakes.push_back(mistake_at(whole, "is a directory"));
    return {};
  }
  if (!file) {
    const char* hint = errno == ENOENT   ? "'vouchgated --print-config' prints one to start from"
                       : errno == EACCES ? "the service user must be able to read it"
                                         : "";
    mistakes.push_back(mistake_at(whole, std::strerror(errno != 0 ? errno : EIO), hint));
    return {};
  }
  // One byte over the limit is enough to know.
  std::string text(1024 * 1024 + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return parse(path, text, mistakes);
}

}  // namespace

std::string Mistake::text() const {
  std::string out = file;
  if (line > 0) out += ":" + std::to_string(line) + ":" + std::to_string(column);
  out += ": " + what;
  return hint.empty() ? out : out + "\n  hint: " + hint;
}

Loaded load_text(const std::string& name, const std::string& yaml, const Vocabulary& vocabulary) {
  std::vector<Mistake> mistakes;
  Node root = parse(name, yaml, mistakes);
  root.position.file = name;
  return load_tree(root, std::move(mistakes), vocabulary);
}

Loaded load(const std::string& path, const Vocabulary& vocabulary) {
  std::vector<Mistake> mistakes;
  Node root = read_file(path, mistakes);
  root.position.file = path;
  std::vector<std::string> more;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(path).parent_path() / "conf.d", error))
    if (entry.path().extension() == ".yaml") more.push_back(entry.path().string());
  std::ranges::sort(more);
  for (const std::string& file : more) {
    Node node = read_file(file, mistakes);
    node.position = root.position;
    merge(root, std::move(node), "", mistakes);
  }
  return load_tree(root, std::move(mistakes), vocabulary);
}

}  // namespace vouchgate::config
