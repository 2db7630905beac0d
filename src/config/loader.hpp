// Reads a tree into Settings along the description, collecting every mistake. Never stops at the first.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "node.hpp"
#include "units.hpp"
#include "visitor.hpp"

namespace vouchgate::config {

class Loader : public Visitor {
 public:
  Loader(const Node& root, std::vector<Mistake>& mistakes);
  void finish();  // what the description did not ask for is unknown

  bool enter(const char* key, const char* help) override;
  void leave() override;
  void text(const char* key, std::string& value, const char* help) override;
  void word(const char* key, std::string& value, const std::vector<std::string>& words, const char* help) override;
  void duration(const char* key, Duration& value, DurationRange range, const char* help) override;
  void number(const char* key, std::uint64_t& value, NumberRange range, Style style, const char* help) override;
  void texts(const char* key, std::vector<std::string>& value, const char* help) override;
  void text_map(const char* key, std::map<std::string, std::string>& value, const char* help) override;
  void devices(const char* key, std::vector<DeviceSettings>& value, DescribeDevice describe, const char* help) override;

  // Where a path such as "token.renew_before" or "devices[3].id" was given; else its nearest section; else the file.
  Position where(const std::string& path) const;

 private:
  struct Level {
    const Node* node;  // null: not given
    std::string path;
    std::vector<std::string> known;
  };
  const Node* take(const char* key);  // the key's value, or null when it is not given
  const Node* take_group(const char* key);
  bool readable_text(const Node& node, const std::string& path);
  const Node* scalar(const char* key, const char* wanted);
  std::string path_of(const std::string& key) const;
  void mistake(const Position& at, const std::string& path, const std::string& what, const std::string& hint = {});
  void report_unknown(const Level& level);

  std::vector<Mistake>& mistakes_;
  std::vector<Level> levels_;
  std::map<std::string, Position> given_;
};

// The candidate nearest to `word` by edit distance, or empty if none is near.
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

// Rules that join several keys.
void check(const Settings& settings, const Loader& loader, std::vector<Mistake>& mistakes);

}  // namespace vouchgate::config
