// Differences of counters, minute by minute.
#include "history.hpp"

#include <utility>

#include "json.hpp"

namespace vouchgate::metrics {
namespace {

// A counter that fell was begun anew: all it shows is new.
std::uint64_t since(std::uint64_t before, std::uint64_t now) { return now >= before ? now - before : now; }

}  // namespace

void History::sample(const Status& status, Monotonic now) {
  const Ledger& total = status.spool.total;
  const Counted counted{total.stored + status.direct, total.delivered + status.direct};
  const auto before = std::exchange(last_, counted);
  if (!before) return;
  samples_.push_back({now, since(before->stored, counted.stored), since(before->delivered, counted.delivered),
                      total.pending, status.spool.bytes, status.session.state == "connected"});
  if (samples_.size() > most_samples) samples_.pop_front();
}

std::string History::json(Monotonic now) const {
  Json out = Json::array();
  for (const Sample& sample : samples_)
    out.push_back({{"age_s", whole_seconds(now - sample.at)},
                   {"stored", sample.stored},
                   {"delivered", sample.delivered},
                   {"pending", sample.pending},
                   {"bytes", sample.bytes},
                   {"connected", sample.connected}});
  return dump(out);
}

}  // namespace vouchgate::metrics
