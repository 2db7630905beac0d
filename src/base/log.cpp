// Formats, filters and folds log lines, then hands them to one sink. The sink is the product's only mutable
// namespace-scope state.
#include "vouchgate/base/log.hpp"

#include <cstdio>
#include <map>
#include <mutex>
#include <utility>

namespace vouchgate::log {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto fold_for = std::chrono::minutes(1);
constexpr std::size_t most_remembered = 512;

class StderrSink : public Sink {
 public:
  void write(const Line& line) override {
    static constexpr const char* words[] = {"emergency", "alert",  "critical", "error",
                                            "warning",   "notice", "info",     "debug"};
    const std::string out = std::string(words[static_cast<int>(line.event.level)]) + ": " + line.text + "\n";
    std::fputs(out.c_str(), stderr);
  }
};

struct Folded {
  Clock::time_point until;
  unsigned count = 0;
};

struct State {
  std::mutex mutex;
  std::shared_ptr<Sink> sink = std::make_shared<StderrSink>();
  events::Level level = events::Level::info;
  std::function<Clock::time_point()> now = Clock::now;
  std::map<std::pair<events::Id, std::string>, Folded> recent;
};

State& state() {
  static State the;
  return the;
}

// True if this text was said less than a minute ago. `repeats` is what was swallowed since it was last said.
bool folded(State& s, events::Id id, const std::string& text, unsigned& repeats) {
  const auto now = s.now();
  if (s.recent.size() >= most_remembered)
    std::erase_if(s.recent, [&](const auto& entry) { return entry.second.until <= now; });
  if (s.recent.size() >= most_remembered) s.recent.clear();
  auto& entry = s.recent[{id, text}];
  if (now < entry.until) {
    ++entry.count;
    return true;
  }
  repeats = entry.count;
  entry = {now + fold_for, 0};
  return false;
}

}  // namespace

std::string fill(std::string_view text, std::initializer_list<Field> fields) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto end = text[i] == '{' ? text.find('}', i) : std::string_view::npos;
    const Field* found = nullptr;
    if (end != std::string_view::npos) {
      const auto key = text.substr(i + 1, end - i - 1);
      for (const Field& field : fields)
        if (field.key == key) found = &field;
    }
    if (found == nullptr) {
      out += text[i];
      continue;
    }
    out += found->value;
    i = end;
  }
  return out;
}

void emit(events::Id id, std::initializer_list<Field> fields) {
  const auto& event = events::describe(id);
  State& s = state();
  const std::lock_guard lock(s.mutex);
  if (event.level > s.level) return;
  std::string text = fill(event.text, fields);
  unsigned repeats = 0;
  if (folded(s, id, text, repeats)) return;
  if (repeats > 0) text += " (said " + std::to_string(repeats) + " more times since)";
  s.sink->write(Line{event, std::move(text), fields});
}

std::shared_ptr<Sink> set_sink(std::shared_ptr<Sink> sink) {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  s.recent.clear();
  return std::exchange(s.sink, std::move(sink));
}

void set_clock(std::function<Clock::time_point()> now) {
  const std::lock_guard lock(state().mutex);
  state().now = std::move(now);
}

void set_level(events::Level least_severe) {
  const std::lock_guard lock(state().mutex);
  state().level = least_severe;
}

bool level_from_word(std::string_view word, events::Level& level) {
  using events::Level;
  constexpr std::pair<std::string_view, Level> words[] = {{"error", Level::error},
                                                          {"warning", Level::warning},
                                                          {"notice", Level::notice},
                                                          {"info", Level::info},
                                                          {"debug", Level::debug}};
  for (const auto& [name, value] : words)
    if (name == word) {
      level = value;
      return true;
    }
  return false;
}

}  // namespace vouchgate::log
