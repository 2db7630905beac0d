// Differences between samples.
#include "traffic.hpp"

#include <algorithm>

namespace vouchgate::gateway {
namespace {

constexpr std::size_t most_recent = 11;  // samples of a second each: ten seconds between the first and the last
constexpr double longest_ms = 1e14;      // three thousand years: beyond it a figure says nothing

// A counter that fell was begun anew: all it shows is new.
std::uint64_t since(std::uint64_t before, std::uint64_t now) { return now >= before ? now - before : now; }

TrafficCounts between(const TrafficCounts& before, const TrafficCounts& now) {
  return {since(before.in, now.in), since(before.out, now.out), since(before.refused, now.refused),
          since(before.bytes, now.bytes)};
}

Duration milliseconds(Monotonic::duration time) { return std::chrono::duration_cast<Duration>(time); }

}  // namespace

void Traffic::sample(const TrafficCounts& totals, Monotonic now) {
  if (marks_.empty()) {
    first_ = totals;
    marks_.push_back({now, totals});
  }
  // A machine that slept has steps in which nothing was counted. What came since the last look belongs to the newest.
  const TrafficCounts before = recent_.empty() ? totals : recent_.back().totals;
  while (now - marks_.back().at >= step) {
    marks_.push_back({marks_.back().at + step, before});
    if (marks_.size() > steps) marks_.pop_front();
  }
  recent_.push_back({now, totals});
  if (recent_.size() > most_recent) recent_.pop_front();
}

TrafficStatus Traffic::status(std::uint64_t room) const {
  TrafficStatus out;
  out.step = step;
  if (recent_.empty()) return out;
  const Sample& last = recent_.back();
  out.since_start = between(first_, last.totals);
  out.lately = between(recent_.front().totals, last.totals);
  out.lately_for = milliseconds(last.at - recent_.front().at);
  for (std::size_t i = 0; i < marks_.size(); ++i)
    out.last_hour.push_back(between(marks_[i].totals, i + 1 < marks_.size() ? marks_[i + 1].totals : last.totals));
  const auto bytes = between(marks_.front().totals, last.totals).bytes;
  const auto elapsed = milliseconds(last.at - marks_.front().at).count();
  if (bytes == 0 || elapsed <= 0) return out;
  const double lasts = static_cast<double>(room) * (static_cast<double>(elapsed) / static_cast<double>(bytes));
  out.autonomy = Duration(static_cast<Duration::rep>(std::min(lasts, longest_ms)));
  return out;
}

}  // namespace vouchgate::gateway
