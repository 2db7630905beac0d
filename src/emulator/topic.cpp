// Takes topics apart. Never repairs one: a missing leading slash is another topic.
#include "topic.hpp"

#include <array>
#include <utility>

#include "vouchgate/model/ids.hpp"

namespace vouchgate::emulator {
namespace {

constexpr std::string_view prefix = "/devices/";
constexpr std::array<std::pair<std::string_view, TopicKind>, 7> kinds{{{"events", TopicKind::events},
                                                                       {"state", TopicKind::state},
                                                                       {"attach", TopicKind::attach},
                                                                       {"detach", TopicKind::detach},
                                                                       {"config", TopicKind::config},
                                                                       {"commands", TopicKind::commands},
                                                                       {"errors", TopicKind::errors}}};

}  // namespace

std::optional<Topic> parse_topic(std::string_view text) {
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  const std::size_t slash = text.find('/');
  if (slash == 0 || slash == std::string_view::npos) return std::nullopt;
  Topic topic;
  topic.device = text.substr(0, slash);
  if (topic.device.find_first_of("+#") != std::string::npos) return std::nullopt;
  text.remove_prefix(slash + 1);
  const std::size_t second = text.find('/');
  for (const auto& [word, kind] : kinds) {
    if (word != text.substr(0, second)) continue;
    topic.kind = kind;
    if (second == std::string_view::npos) return topic;
    if (kind != TopicKind::events && kind != TopicKind::commands) return std::nullopt;
    topic.subfolder = text.substr(second + 1);
    if (topic.subfolder.empty() || !Subfolder::parse(topic.subfolder)) return std::nullopt;
    return topic;
  }
  return std::nullopt;
}

std::optional<Topic> parse_filter(std::string_view text) {
  constexpr std::string_view wildcard = "/#";
  const bool wild = text.ends_with(wildcard);
  if (wild) text.remove_suffix(wildcard.size());
  auto topic = parse_topic(text);
  if (!topic || !topic->subfolder.empty()) return std::nullopt;
  const bool commands = topic->kind == TopicKind::commands;
  const bool fixed = topic->kind == TopicKind::config || topic->kind == TopicKind::errors;
  return (wild ? commands : fixed) ? topic : std::nullopt;
}

std::string config_topic(std::string_view device) { return std::string(prefix) + std::string(device) + "/config"; }
std::string errors_topic(std::string_view device) { return std::string(prefix) + std::string(device) + "/errors"; }

}  // namespace vouchgate::emulator
