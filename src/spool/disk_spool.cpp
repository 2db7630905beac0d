// The queue's rules and the answers to the loop. Never touches the store: that is the disk thread's.
#include "disk_spool.hpp"

#include <algorithm>
#include <utility>

#include "cost.hpp"

namespace vouchgate::spool {
namespace {

// The loop may run ahead of the disk by this much memory; a child that is refused for it tries again.
constexpr std::uint64_t most_queued_bytes = 64 * 1024 * 1024;
// A batch of this size does not wait for more company: a commit's fixed cost is spread thin enough.
constexpr std::size_t closing_count = 512;
constexpr std::uint64_t closing_bytes = 256 * 1024;

std::uint64_t value(const std::unordered_map<std::string, std::uint64_t>& map, const std::string& key) {
  const auto found = map.find(key);
  return found == map.end() ? 0 : found->second;
}

std::uint64_t device_limit(const SpoolSettings& settings) {
  return settings.max_bytes / 100 * settings.device_share + settings.max_bytes % 100 * settings.device_share / 100;
}

}  // namespace

DiskSpool::DiskSpool(const SpoolSettings& settings, const Clock& clock, Post post, Directory directory,
                     std::unique_ptr<Store> store, std::string aside)
    : settings_(settings),
      drop_oldest_(settings.when_full == "drop-oldest"),
      max_device_bytes_(device_limit(settings)),
      clock_(clock),
      post_(std::move(post)),
      directory_(std::move(directory)),
      aside_(std::move(aside)),
      limit_(settings.max_bytes),
      store_(std::move(store)) {
  publish({}, {});
  look();
  thread_ = std::thread([this] { run(); });
}

DiskSpool::~DiskSpool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

std::optional<Error> DiskSpool::refusal(const Message& message, std::uint64_t cost) {
  const std::string& device = message.device.str();
  const std::size_t limit = max_payload(message.kind);
  if (message.payload.size() > limit)
    return Error{Code::too_large, "spool", device,
                 std::to_string(message.payload.size()) + " bytes, the limit is " + std::to_string(limit), ""};
  if (auto error = lack_of_room(device, cost)) return error;
  if (queued_bytes_ + cost > most_queued_bytes)
    return Error{Code::busy, "spool", device, "the disk is slower than the children", ""};
  return std::nullopt;
}

std::optional<Error> DiskSpool::lack_of_room(const std::string& device, std::uint64_t cost) {
  const std::uint64_t used = usage_.bytes + queued_bytes_;
  const auto of = [](std::uint64_t part, std::uint64_t whole) {
    return std::to_string(part) + " of " + std::to_string(whole) + " bytes are used";
  };
  if (cost > max_device_bytes_)
    return Error{Code::full, "spool", device, "the message is larger than its share of the spool",
                 "raise spool.max_bytes"};
  // What a commit stores cannot make room for itself.
  const std::uint64_t to_fit = (drop_oldest_ ? queued_bytes_ : used) + cost;
  if (limit_ < settings_.max_bytes && to_fit > limit_)
    return Error{Code::full, "spool", device, usage_.reason, "free space on the spool's file system"};
  if (drop_oldest_) return std::nullopt;
  if (to_fit > limit_) {
    refusing_ = true;
    return Error{Code::full, "spool", device, of(used, settings_.max_bytes),
                 "restore the link to the cloud, or raise spool.max_bytes"};
  }
  const std::uint64_t own = value(stored_of_, device) + value(queued_of_, device);
  if (own + cost > max_device_bytes_)
    return Error{Code::full, "spool", device, "its share is full: " + of(own, max_device_bytes_),
                 "see spool.device_share and spool.max_bytes"};
  return std::nullopt;
}

bool DiskSpool::batch_closed() const { return appends_.size() >= closing_count || batch_bytes_ >= closing_bytes; }

void DiskSpool::append(Message message, Stored stored) {
  const std::uint64_t cost = cost_of(message);
  const std::lock_guard lock(mutex_);
  const bool was_closed = batch_closed();
  const bool wake = appends_.empty();
  if (auto error = refusal(message, cost)) {
    appends_.push_back({std::nullopt, 0, std::move(stored), std::move(*error)});
  } else {
    queued_bytes_ += cost;
    batch_bytes_ += cost;
    queued_of_[message.device.str()] += cost;
    appends_.push_back({std::move(message), cost, std::move(stored), {}});
  }
  if (wake || was_closed != batch_closed()) wake_.notify_one();
}

void DiskSpool::forget(std::vector<Seq> delivered) {
  const std::lock_guard lock(mutex_);
  const bool wake = forgets_.empty();
  forgets_.insert(forgets_.end(), delivered.begin(), delivered.end());
  if (wake) wake_.notify_one();
}

void DiskSpool::quarantine(Seq seq, std::string reason) {
  const std::lock_guard lock(mutex_);
  withdrawals_.push_back({seq, std::move(reason)});
  wake_.notify_one();
}

SpoolUsage DiskSpool::usage() const {
  const std::lock_guard lock(mutex_);
  return usage_;
}

Health DiskSpool::health() const {
  const std::lock_guard lock(mutex_);
  if (!busy_since_) return {};
  return {true, std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - *busy_since_)};
}

// Also gives back what the batch had reserved, in one step: refusal() must never count a byte twice or not at all.
void DiskSpool::publish(const std::vector<std::int64_t>& touched, const ByDevice& written) {
  const Books& books = store_->books();
  const std::lock_guard lock(mutex_);
  for (const auto& [device, cost] : written) {
    queued_bytes_ -= cost;
    const auto queued = queued_of_.find(device);
    if ((queued->second -= cost) == 0) queued_of_.erase(queued);
  }
  const auto show = [&](std::int64_t number) {
    const Account& account = books.account(number);
    const Ledger& now = account.ledger;
    Ledger& shown = usage_.by_device[account.device];
    for (const auto counter : {&Ledger::stored, &Ledger::delivered, &Ledger::pending, &Ledger::expired,
                               &Ledger::dropped, &Ledger::discarded, &Ledger::quarantined})
      usage_.total.*counter += now.*counter - shown.*counter;  // modulo 2^64, so a smaller count subtracts
    shown = now;
    stored_of_[account.device] = account.bytes;
  };
  if (store_->reloaded()) {
    usage_.total = {};
    usage_.by_device.clear();
    stored_of_.clear();
    for (std::size_t i = 1; i <= books.size(); ++i) show(static_cast<std::int64_t>(i));
  } else {
    for (const std::int64_t number : touched) show(number);
  }
  usage_.bytes = books.bytes();
  usage_.max_bytes = settings_.max_bytes;
}

}  // namespace vouchgate::spool
