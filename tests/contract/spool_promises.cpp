// The rules of contract/spool.hpp as a judge applies them. Never lets a message vanish that nobody gave away.
#include "spool_promises.hpp"

#include <charconv>

namespace vouchgate::support {
namespace {

std::string spell(std::uint64_t number) { return std::to_string(number); }

std::uint64_t number_in(const std::string& payload) {
  std::uint64_t number = 0;
  std::from_chars(payload.data(), payload.data() + payload.size(), number);
  return number;
}

}  // namespace

Promises::Number Promises::offer(Message& message) {
  const Number number = next_++;
  message.payload.insert(0, spell(number) + ":");
  entries_.emplace(number, Entry{message});
  return number;
}

void Promises::stored(Number number, const Result<Seq>& answer) {
  Entry& entry = entries_.at(number);
  if (answer) {
    entry.places = pending;
    entry.counted = true;
    entry.seq = *answer;
    if (auto twice = given(*answer, number); twice && !broken_) broken_ = twice;
  } else if (const Code code = answer.error().code;
             code == Code::full || code == Code::too_large || code == Code::busy) {
    entry.places = gone;  // refused; after a failure of the disk nobody knows
  }
}

void Promises::forgets(Number number) { entries_.at(number).places |= gone; }
void Promises::quarantines(Number number) { entries_.at(number).places = pending | quarantined; }
void Promises::retries(Number number) {
  Entry& entry = entries_.at(number);
  entry.places = pending | quarantined;
  entry.renumbered = true;
}
void Promises::retried(Number number, bool done) {
  if (done) entries_.at(number).places = pending;
}
void Promises::discards(Number number) { entries_.at(number).places = quarantined | gone; }
void Promises::discarded(Number number, bool done) {
  if (done) entries_.at(number).places = gone;
}

std::vector<std::pair<Promises::Number, Seq>> Promises::in(unsigned place) const {
  std::vector<std::pair<Number, Seq>> all;
  for (const auto& [number, entry] : entries_)
    if (entry.places == place && entry.seq != 0) all.emplace_back(number, entry.seq);
  return all;
}

Promises::Broken Promises::given(Seq seq, Number number) {
  const auto [before, fresh] = given_.emplace(seq, number);
  if (fresh || before->second == number) return std::nullopt;
  return "seq " + spell(seq) + " was given to message " + spell(before->second) + " and to message " + spell(number);
}

Promises::Broken Promises::judge(const Shown& shown) {
  std::map<Number, Found> found;
  Broken broken = broken_;
  if (!broken) broken = find_all(shown, found);
  for (const auto& [device, records] : shown.pending)
    if (!broken) broken = in_order(records);
  if (!broken) broken = none_missing(shown, found);
  believe(found);
  if (!broken) broken = adds_up(shown);
  return broken;
}

Promises::Broken Promises::find_all(const Shown& shown, std::map<Number, Found>& found) {
  for (const auto& [device, records] : shown.pending)
    for (const Record& record : records)
      if (auto broken = recognise(record, pending, found)) return broken;
  for (const Quarantined& kept : shown.quarantined)
    if (auto broken = recognise(kept.record, quarantined, found)) return broken;
  return std::nullopt;
}

Promises::Broken Promises::recognise(const Record& record, Place place, std::map<Number, Found>& found) {
  const Number number = number_in(record.message.payload);
  const auto known = entries_.find(number);
  const std::string name = "message " + spell(number) + " (seq " + spell(record.seq) + ")";
  if (known == entries_.end()) return name + " was never appended";
  const Entry& entry = known->second;
  const Message& message = entry.message;
  if (record.message.payload != message.payload || record.message.device != message.device ||
      record.message.kind != message.kind || record.message.subfolder != message.subfolder)
    return name + " is not what was appended";
  if (!found.emplace(number, Found{place, record.seq}).second) return name + " is there twice";
  if ((entry.places & place) == 0) return name + (entry.places == gone ? " is back" : " is in the wrong place");
  if (entry.seq != 0 && entry.seq != record.seq && !entry.renumbered)
    return name + " had seq " + spell(entry.seq) + " before";
  return given(record.seq, number);
}

Promises::Broken Promises::in_order(const std::vector<Record>& records) const {
  Seq seq = 0;
  Number number = 0;
  for (const Record& record : records) {
    if (record.seq <= seq) return "seq " + spell(record.seq) + " is read after seq " + spell(seq);
    seq = record.seq;
    const Number next = number_in(record.message.payload);
    if (entries_.at(next).renumbered) continue;
    if (next < number) return "message " + spell(next) + " stands behind message " + spell(number);
    number = next;
  }
  return std::nullopt;
}

// Dropped is the oldest of a queue, and each one is counted.
Promises::Broken Promises::none_missing(const Shown& shown, const std::map<Number, Found>& found) const {
  std::map<std::string, std::uint64_t> missing;
  for (const auto& [number, entry] : entries_) {
    if (found.contains(number) || (entry.places & gone) != 0) continue;
    const std::string& device = entry.message.device.str();
    const std::string name = "message " + spell(number) + " (seq " + spell(entry.seq) + ") of " + device;
    if (!drops_) return name + " was stored and is lost";
    const auto queue = shown.pending.find(device);
    const bool oldest = queue == shown.pending.end() || queue->second.empty() || entry.renumbered ||
                        entry.seq < queue->second.front().seq;
    if (!oldest) return name + " was stored and is lost: it was not the oldest";
    const auto ledger = shown.usage.by_device.find(device);
    if (++missing[device] > (ledger == shown.usage.by_device.end() ? 0 : ledger->second.dropped))
      return name + " is lost and not counted as dropped";
  }
  return std::nullopt;
}

void Promises::believe(const std::map<Number, Found>& found) {
  for (auto& [number, entry] : entries_) {
    const auto at = found.find(number);
    entry.places = at == found.end() ? static_cast<unsigned>(gone) : at->second.place;
    if (at == found.end()) continue;
    entry.counted = true;
    entry.seq = at->second.seq;
  }
}

Promises::Broken Promises::adds_up(const Shown& shown) const {
  struct Count {
    std::uint64_t counted = 0, offered = 0, pending = 0, quarantined = 0;
  };
  std::map<std::string, Count> counts;
  for (const auto& [number, entry] : entries_) {
    Count& count = counts[entry.message.device.str()];
    ++count.offered;
    count.counted += entry.counted ? 1 : 0;
    count.pending += entry.places == pending ? 1 : 0;
    count.quarantined += entry.places == quarantined ? 1 : 0;
  }
  for (const auto& [device, ledger] : shown.usage.by_device) {
    const Count& count = counts[device];
    const bool believable = drops_ ? ledger.stored >= count.counted && ledger.stored <= count.offered
                                   : ledger.stored == count.counted && ledger.dropped == 0;
    if (ledger.stored != ledger.accounted() || ledger.pending != count.pending ||
        ledger.quarantined != count.quarantined || ledger.expired != 0 || !believable)
      return "the ledger of " + device + " says stored " + spell(ledger.stored) + ", delivered " +
             spell(ledger.delivered) + ", pending " + spell(ledger.pending) + ", dropped " + spell(ledger.dropped) +
             ", quarantined " + spell(ledger.quarantined) + "; there were " + spell(count.counted) +
             " stored, there are " + spell(count.pending) + " pending, " + spell(count.quarantined) + " quarantined";
  }
  for (const auto& [device, count] : counts)
    if (count.counted > 0 && !shown.usage.by_device.contains(device)) return "the ledger has forgotten " + device;
  for (const AuditLine& line : shown.audit)
    if (!line.adds_up()) return "the audit of " + line.device + " does not add up";
  return std::nullopt;
}

}  // namespace vouchgate::support
