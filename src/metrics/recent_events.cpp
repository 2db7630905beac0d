// Remembers log lines while they pass. Never holds more than fifty.
#include "vouchgate/metrics/recent_events.hpp"

#include <deque>
#include <mutex>

#include "json.hpp"

namespace vouchgate::metrics {
namespace {

constexpr std::size_t most_remembered = 50;

struct Remembered {
  Monotonic at;
  const events::Description* event;
  std::string text;
};

const char* word(events::Level level) {
  switch (level) {
    case events::Level::error: return "error";
    case events::Level::warning: return "warning";
    case events::Level::notice: return "notice";
    case events::Level::info: return "info";
    case events::Level::debug: return "debug";
  }
  return "";
}

}  // namespace

class RecentEvents::Tee : public log::Sink {
 public:
  Tee(const Clock& clock, std::shared_ptr<log::Sink> next) : clock_(clock), next_(std::move(next)) {}

  void write(const log::Line& line) override {
    {
      const std::lock_guard lock(mutex_);
      lines_.push_back({clock_.monotonic(), &line.event, line.text});
      if (lines_.size() > most_remembered) lines_.pop_front();
    }
    next_->write(line);
  }
  std::deque<Remembered> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  const std::shared_ptr<log::Sink>& next() const { return next_; }

 private:
  const Clock& clock_;
  const std::shared_ptr<log::Sink> next_;
  mutable std::mutex mutex_;
  std::deque<Remembered> lines_;
};

RecentEvents::RecentEvents(const Clock& clock) : clock_(clock) {
  tee_ = std::make_shared<Tee>(clock, log::set_sink(nullptr));
  log::set_sink(tee_);
}

RecentEvents::~RecentEvents() { log::set_sink(tee_->next()); }

std::string RecentEvents::json() const {
  Json out = Json::array();
  for (const Remembered& line : tee_->lines())
    out.push_back({{"age_s", whole_seconds(clock_.monotonic() - line.at)},
                   {"level", word(line.event->level)},
                   {"name", line.event->name},
                   {"text", line.text}});
  return dump(out);
}

}  // namespace vouchgate::metrics
