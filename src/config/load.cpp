// Files in, settings and mistakes out. Never throws, never stops at the first mistake.
#include <algorithm>
#include <filesystem>
#include <tuple>

#include "loader.hpp"
#include "text_file.hpp"
#include "vouchgate/config/config.hpp"

namespace vouchgate::config {
namespace {

// `files` in the order they were read, `complete` if each could be read.
Loaded load_tree(const Node& root, const std::vector<std::string>& files, bool complete, std::vector<Mistake> mistakes,
                 const Vocabulary& vocabulary) {
  Loaded loaded;
  Loader loader(root, mistakes);
  describe(loader, loaded.settings, Words{vocabulary.holders, vocabulary.dialects});
  loader.finish();
  // With a file that could not be parsed the rules would only complain about what nobody could read.
  if (complete) check(loaded.settings, loader, mistakes);
  std::ranges::stable_sort(mistakes, {}, [&](const Mistake& mistake) {
    return std::tuple(std::ranges::find(files, mistake.file), mistake.line, mistake.column);
  });
  loaded.mistakes = std::move(mistakes);
  return loaded;
}

std::optional<Node> read_file(const std::string& path, std::vector<Mistake>& mistakes) {
  const auto text = read_text(path, "'vouchgated --print-config' prints one to start from", mistakes);
  return text ? parse(path, *text, mistakes) : std::nullopt;
}

// conf.d/*.yaml beside `path`, in order. Without the folder there are none; one that cannot be read is a mistake.
std::vector<std::string> further_files(const std::string& path, std::vector<Mistake>& mistakes) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path() / "conf.d";
  std::vector<std::string> files;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (const std::filesystem::directory_iterator end; !error && entry != end; entry.increment(error)) {
    const auto& file = entry->path();
    if (file.extension() == ".yaml" && !file.filename().string().starts_with('.')) files.push_back(file.string());
  }
  if (error && error != std::errc::no_such_file_or_directory)
    mistakes.push_back(mistake_at({folder.string(), 0, 0}, error.message()));
  std::ranges::sort(files);
  return files;
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
  const auto parsed = parse(name, yaml, mistakes);
  Node root = parsed.value_or(Node{});
  root.position.file = name;
  return load_tree(root, {name}, parsed.has_value(), std::move(mistakes), vocabulary);
}

Loaded load(const std::string& path, const Vocabulary& vocabulary) {
  std::vector<Mistake> mistakes;
  std::vector<std::string> files = further_files(path, mistakes);
  bool complete = mistakes.empty();
  files.insert(files.begin(), path);
  Node root;
  for (const std::string& file : files) {
    auto node = read_file(file, mistakes);
    complete = complete && node.has_value();
    if (node) merge(root, *std::move(node), "", mistakes);
  }
  root.position = {path, 0, 0};
  return load_tree(root, files, complete, std::move(mistakes), vocabulary);
}

}  // namespace vouchgate::config
