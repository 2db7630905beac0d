// Formats, filters and folds log lines, then hands them to one sink. The sink is the product's only mutable
// namespace-scope state.
#include "vouchgate/base/log.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <mutex>
#include <utility>

namespace vouchgate::log {
namespace {

using Clock = std::chrono::steady_clock;
// What goes on is said again after a minute, then after two, four ... but at least once an hour.
constexpr Clock::duration fold_first = std::chrono::minutes(1), fold_most = std::chrono::hours(1);
constexpr std::size_t most_remembered = 512;
// Of one event, whatever its fields: a burst, then one line in twelve seconds. A day of it stays below 1 MB.
constexpr double most_at_once = 200, lines_a_second = 1.0 / 12;

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
  Clock::duration span = fold_first;
  unsigned count = 0;
};

struct Budget {
  double lines = most_at_once;
  Clock::time_point at;
  unsigned left_out = 0;
};

struct Kept {
  events::Id id;
  std::string gist;
  Clock::time_point at;
  Fault fault;
};
constexpr std::size_t most_faults = 5;

struct State {
  std::mutex mutex;
  std::shared_ptr<Sink> sink = std::make_shared<StderrSink>();
  events::Level level = events::Level::info;
  std::function<Clock::time_point()> now = Clock::now;
  std::map<std::pair<events::Id, std::string>, Folded> recent;
  std::map<events::Id, Budget> budgets;
  std::vector<Kept> faults;  // in the order of their times
};

State& state() {
  static State the;
  return the;
}

// What two lines have in common when they say the same thing: delays and the numbers of a reason do not count.
std::string gist(std::string_view text, std::initializer_list<Field> fields) {
  std::string out(text);
  for (const Field& field : fields) {
    out += '\0';
    if (field.key == "delay") continue;
    const bool prose = field.key == "reason" || field.key == "error";
    for (const char c : field.value)
      if (!prose || c < '0' || c > '9') out += c;
  }
  return out;
}

// True if the same was said lately. `repeats` is what was swallowed since it was last said.
bool folded(State& s, events::Id id, std::string key, Clock::time_point now, unsigned& repeats) {
  if (s.recent.size() >= most_remembered)
    std::erase_if(s.recent, [&](const auto& entry) { return entry.second.until <= now; });
  if (s.recent.size() >= most_remembered) s.recent.clear();
  auto& entry = s.recent[{id, std::move(key)}];
  if (now < entry.until) {
    ++entry.count;
    return true;
  }
  repeats = std::exchange(entry.count, 0);
  const bool goes_on = entry.until != Clock::time_point{} && now - entry.until < entry.span;
  entry.span = goes_on ? std::min(2 * entry.span, fold_most) : fold_first;
  entry.until = now + entry.span;
  return false;
}

// True if this event has said enough for now. `left_out` is what that cost since the last line.
bool over_budget(State& s, events::Id id, Clock::time_point now, unsigned& left_out) {
  Budget& budget = s.budgets[id];
  const double seconds = std::chrono::duration<double>(now - budget.at).count();
  budget.lines = std::min(most_at_once, budget.lines + seconds * lines_a_second);
  budget.at = now;
  if (budget.lines < 1) {
    ++budget.left_out;
    return true;
  }
  budget.lines -= 1;
  left_out = std::exchange(budget.left_out, 0);
  return false;
}

void keep(State& s, events::Id id, const std::string& gist, Clock::time_point now,
          std::initializer_list<Field> fields) {
  const auto before =
      std::ranges::find_if(s.faults, [&](const Kept& kept) { return kept.id == id && kept.gist == gist; });
  if (before != s.faults.end()) {
    before->at = now;
    ++before->fault.count;
    std::rotate(before, before + 1, s.faults.end());
    return;
  }
  const auto& event = events::describe(id);
  s.faults.push_back({id, gist, now, {{}, &event, fill(event.text, fields)}});
  if (s.faults.size() > most_faults) s.faults.erase(s.faults.begin());
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
  if (event.level > s.level && event.level > events::Level::warning) return;
  const auto now = s.now();
  std::string key = gist(event.text, fields);
  if (event.level <= events::Level::warning) keep(s, id, key, now, fields);
  if (event.level > s.level) return;
  unsigned repeats = 0;
  unsigned left_out = 0;
  if (folded(s, id, std::move(key), now, repeats) || over_budget(s, id, now, left_out)) return;
  std::string text = fill(event.text, fields);
  if (repeats > 0) text += " (said " + std::to_string(repeats) + " more times since)";
  if (left_out > 0) text += " (" + std::to_string(left_out) + " similar lines left out)";
  s.sink->write(Line{event, std::move(text), fields});
}

std::vector<Fault> faults() {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  std::vector<Fault> out;
  for (const Kept& kept : s.faults) {
    out.push_back(kept.fault);
    out.back().age = std::chrono::duration_cast<std::chrono::milliseconds>(s.now() - kept.at);
  }
  return out;
}

std::shared_ptr<Sink> set_sink(std::shared_ptr<Sink> sink) {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  s.recent.clear();
  s.budgets.clear();
  s.faults.clear();
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
