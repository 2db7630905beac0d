// log::emit(event, fields): the only way to log. Any thread. Repeats are folded into one line with a
// count, said again after one minute, two, four ... one hour; delays and numbers in reasons make no difference.
// Payloads, tokens and key material never come here.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "vouchgate/base/events.hpp"

namespace vouchgate::log {

struct Field {
  std::string_view key;  // lower snake case; the journal sees VOUCHGATE_<KEY>
  std::string value;
};

struct Line {
  const events::Description& event;
  std::string text;           // the template with its fields filled in
  std::vector<Field> fields;  // as given
};

// A warning or an error that was logged, repeats in one.
struct Fault {
  std::chrono::milliseconds age{};  // since it was last emitted, said or folded away
  const events::Description* event = nullptr;
  std::string text;         // as it was first said
  std::uint64_t count = 1;  // how often it was emitted
};
// The last five different ones, newest last.
std::vector<Fault> faults();

// Where lines go. write() may be called from any thread, one call at a time.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void write(const Line& line) = 0;
};

void emit(events::Id id, std::initializer_list<Field> fields = {});

// The default sink writes `text` to stderr with the level in front. Returns the sink it replaces.
std::shared_ptr<Sink> set_sink(std::shared_ptr<Sink> sink);
void set_level(events::Level least_severe);
// The clock that folding goes by; steady_clock unless a test hands in its own.
void set_clock(std::function<std::chrono::steady_clock::time_point()> now);
bool level_from_word(std::string_view word, events::Level& level);  // error warning notice info debug

// The template with every {key} replaced; an unknown placeholder stays as it is.
std::string fill(std::string_view text, std::initializer_list<Field> fields);

}  // namespace vouchgate::log
