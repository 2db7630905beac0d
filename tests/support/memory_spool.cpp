// The rules of the spool without the disk. Never calls back from inside a call.
#include "memory_spool.hpp"

#include <algorithm>
#include <chrono>

#include "spool/cost.hpp"

namespace vouchgate::support {

MemorySpool::MemorySpool(SpoolSettings settings, const Clock& clock, Post post)
    : settings_(std::move(settings)), clock_(clock), post_(std::move(post)) {}

std::optional<Error> MemorySpool::refusal(const Message& message, std::uint64_t cost) const {
  const auto error = [](Code code, std::string reason) { return Error{code, "spool", "", std::move(reason), ""}; };
  if (message.payload.size() > max_payload(message.kind))
    return error(Code::too_large, std::to_string(message.payload.size()) + " bytes, the limit is " +
                                      std::to_string(max_payload(message.kind)));
  if (append_error_) return append_error_;
  const auto own = device_bytes_.find(message.device.str());
  const std::uint64_t share = settings_.max_bytes / 100 * settings_.device_share;
  const bool fits =
      bytes_ + cost <= settings_.max_bytes && (own == device_bytes_.end() ? 0 : own->second) + cost <= share;
  if (cost > share || (!fits && settings_.when_full == "refuse"))
    return error(Code::full, std::to_string(bytes_) + " of " + std::to_string(settings_.max_bytes) + " bytes are used");
  return std::nullopt;
}

void MemorySpool::append(Message message, Stored stored) {
  expire();
  const std::uint64_t cost = spool::cost_of(message);
  if (auto error = refusal(message, cost)) {
    post_([stored = std::move(stored), error = std::move(*error)] { stored(fail(error)); });
    return;
  }
  const std::string name = message.device.str();
  while (device_bytes_[name] + cost > settings_.max_bytes / 100 * settings_.device_share)
    remove(std::ranges::find_if(entries_, [&](const auto& e) { return e.second.record.message.device.str() == name; }),
           &Ledger::dropped);
  while (bytes_ + cost > settings_.max_bytes) remove(entries_.begin(), &Ledger::dropped);
  device_bytes_[name] += cost;
  const Seq seq = ++last_seq_;
  Ledger& ledger = ledgers_[message.device.str()];
  ++ledger.stored;
  ++ledger.pending;
  bytes_ += cost;
  entries_.emplace(seq, Entry{Record{seq, std::move(message), clock_.wall()}, cost});
  post_([stored = std::move(stored), seq, error = late_error_] { error ? stored(fail(*error)) : stored(seq); });
}

void MemorySpool::read(const DeviceId& device, Seq after, std::size_t most, std::size_t most_bytes, Read read) {
  expire();
  if (read_error_) {
    post_([read = std::move(read), error = *read_error_] { read(fail(error)); });
    return;
  }
  std::vector<Record> found;
  std::size_t bytes = 0;
  for (auto entry = entries_.upper_bound(after); entry != entries_.end() && found.size() < most; ++entry) {
    const Record& record = entry->second.record;
    if (record.message.device != device) continue;
    bytes += record.message.payload.size();
    if (!found.empty() && bytes > most_bytes) break;  // at least one, or a large record would never be read
    found.push_back(record);
  }
  post_([read = std::move(read), found = std::move(found)]() mutable { read(std::move(found)); });
}

void MemorySpool::forget(std::vector<Seq> delivered) {
  for (const Seq seq : delivered)
    if (const auto entry = entries_.find(seq); entry != entries_.end()) remove(entry, &Ledger::delivered);
}

void MemorySpool::pending(std::function<void(Result<std::map<std::string, std::uint64_t>>)> done) {
  expire();
  std::map<std::string, std::uint64_t> counts;
  for (const auto& [device, ledger] : ledgers_)
    if (ledger.pending > 0) counts[device] = ledger.pending;
  post_([done = std::move(done), counts = std::move(counts)]() mutable { done(std::move(counts)); });
}

void MemorySpool::quarantine(Seq seq, std::string reason) {
  const auto entry = entries_.find(seq);
  if (entry == entries_.end()) return;
  quarantine_.emplace(seq, Quarantined{entry->second.record, std::move(reason), clock_.wall()});
  bytes_ += entry->second.cost;  // stays on the disk
  device_bytes_[entry->second.record.message.device.str()] += entry->second.cost;
  remove(entry, &Ledger::quarantined);
}

void MemorySpool::quarantined(Seq after, std::size_t most, std::function<void(Result<std::vector<Quarantined>>)> done) {
  std::vector<Quarantined> found;
  for (auto at = quarantine_.upper_bound(after); at != quarantine_.end() && found.size() < most; ++at)
    found.push_back(at->second);
  post_([done = std::move(done), found = std::move(found)] { done(found); });
}

void MemorySpool::retry(Seq seq, std::function<void(Result<DeviceId>)> done) {
  const auto node = quarantine_.extract(seq);
  if (node.empty()) {
    post_([done = std::move(done)] { done(fail(Code::not_found, "spool", "", "not in quarantine")); });
    return;
  }
  Record record = node.mapped().record;
  record.seq = ++last_seq_;
  const DeviceId device = record.message.device;
  --ledgers_[device.str()].quarantined;
  ++ledgers_[device.str()].pending;
  entries_.emplace(record.seq, Entry{record, spool::cost_of(record.message)});
  post_([done = std::move(done), device] { done(device); });
}

void MemorySpool::discard(Seq seq, Done done) {
  const auto node = quarantine_.extract(seq);
  if (node.empty()) {
    post_([done = std::move(done)] { done(fail(Code::not_found, "spool", "", "not in quarantine")); });
    return;
  }
  const Message& message = node.mapped().record.message;
  --ledgers_[message.device.str()].quarantined;
  ++ledgers_[message.device.str()].discarded;
  bytes_ -= spool::cost_of(message);
  device_bytes_[message.device.str()] -= spool::cost_of(message);
  post_([done = std::move(done)] { done({}); });
}

void MemorySpool::audit(std::function<void(Result<std::vector<AuditLine>>)> done) {
  std::map<std::string, AuditLine> lines;
  for (const auto& [device, ledger] : ledgers_) lines[device] = {device, ledger, 0, 0, 0, 0};
  for (const auto& [seq, entry] : entries_) {
    AuditLine& line = lines[entry.record.message.device.str()];
    ++line.pending_found;
    line.bytes = line.bytes_found += entry.cost;
  }
  for (const auto& [seq, kept] : quarantine_) {
    AuditLine& line = lines[kept.record.message.device.str()];
    ++line.quarantined_found;
    line.bytes = line.bytes_found += spool::cost_of(kept.record.message);
  }
  std::vector<AuditLine> out;
  for (auto& [device, line] : lines) out.push_back(std::move(line));
  post_([done = std::move(done), out = std::move(out)] { done(out); });
}

SpoolUsage MemorySpool::usage() const {
  SpoolUsage usage;
  usage.bytes = bytes_;
  usage.max_bytes = settings_.max_bytes;
  usage.by_device = ledgers_;
  for (const auto& [device, ledger] : ledgers_)
    for (const auto counter : {&Ledger::stored, &Ledger::delivered, &Ledger::pending, &Ledger::expired,
                               &Ledger::dropped, &Ledger::discarded, &Ledger::quarantined})
      usage.total.*counter += ledger.*counter;
  return usage;
}

MemorySpool::Entries::iterator MemorySpool::remove(Entries::iterator entry, std::uint64_t Ledger::*counter) {
  Ledger& ledger = ledgers_[entry->second.record.message.device.str()];
  ++(ledger.*counter);
  --ledger.pending;
  bytes_ -= entry->second.cost;
  device_bytes_[entry->second.record.message.device.str()] -= entry->second.cost;
  return entries_.erase(entry);
}

void MemorySpool::expire() {
  const Monotonic now = clock_.monotonic();
  if (expired_at_ && now - *expired_at_ < std::chrono::minutes(1)) return;
  expired_at_ = now;
  const WallTime oldest = clock_.wall() - settings_.max_age;
  for (auto entry = entries_.begin(); entry != entries_.end();)
    entry = entry->second.record.stored_at < oldest ? remove(entry, &Ledger::expired) : std::next(entry);
}

}  // namespace vouchgate::support
