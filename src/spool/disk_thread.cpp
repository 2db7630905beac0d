// What the disk thread does, round by round: wait, commit once, answer. Never runs a caller's function itself.
#include <algorithm>
#include <utility>

#include "disk_spool.hpp"

namespace vouchgate::spool {
namespace {

constexpr auto expiry_interval = std::chrono::minutes(1);
constexpr auto retry_pause = std::chrono::seconds(1);  // for deletes that failed; appends try at once
constexpr int patience = 20;                           // commit intervals that a delete waits for an append
constexpr std::size_t closing_deletes = 4096;

}  // namespace

void DiskSpool::run() {
  for (bool last = false; !last;) {
    Work work = wait_for_work();
    last = work.last;
    const bool counts = std::any_of(work.queries.begin(), work.queries.end(), [](const Query& q) { return !q.device; });
    if (work.write || expiry_due() || (counts && !delivered_.empty())) commit(std::move(work.appends));
    for (Query& query : work.queries) answer(std::move(query));
    const std::lock_guard lock(mutex_);
    busy_since_.reset();
  }
  store_.reset();
}

// An append commits at once if the last commit is longer ago than the interval, so a lone message does not wait; under
// load there is one commit per interval, or per closed batch.
DiskSpool::Time DiskSpool::write_due() const {
  if (stopping_ || batch_closed()) return Time::min();
  Time due = delete_by_;
  if (!appends_.empty()) due = std::min(due, last_write_ + settings_.commit_interval);
  return due;
}

DiskSpool::Work DiskSpool::wait_for_work() {
  Work work;
  std::unique_lock lock(mutex_);
  for (;;) {
    const Time now = std::chrono::steady_clock::now();
    if (!forgets_.empty()) {
      if (delete_by_ == Time::max()) delete_by_ = now + patience * settings_.commit_interval;
      delivered_.insert(forgets_.begin(), forgets_.end());
      forgets_.clear();
      if (delivered_.size() == closing_deletes) delete_by_ = now;
    }
    work.write = write_due() <= now;
    if (work.write || !queries_.empty() || expiry_due()) break;
    wake_.wait_until(lock, std::min(write_due(), now + expiry_interval));
  }
  busy_since_ = std::chrono::steady_clock::now();
  work.last = stopping_;
  work.queries.swap(queries_);
  if (work.write || expiry_due()) {
    work.write = true;
    work.appends.swap(appends_);
    batch_bytes_ = 0;
  }
  return work;
}

void DiskSpool::commit(std::vector<Append> appends) {
  std::vector<const Message*> messages;
  std::uint64_t cost = 0;
  for (const Append& append : appends) {
    if (append.cost == 0) continue;
    messages.push_back(&*append.message);
    cost += append.cost;
  }
  const bool expire = expiry_due();
  const Time now = std::chrono::steady_clock::now();
  // A look for old records that finds none is no reason for the next append to wait.
  if (!messages.empty() || !delivered_.empty()) last_write_ = now;
  const auto committed = store_->commit({messages, delivered_, clock_.wall(), expire});
  if (committed) {
    delivered_.clear();
    delete_by_ = Time::max();
  } else {
    note(committed.error());
    if (delete_by_ != Time::max()) delete_by_ = now + retry_pause;
  }
  if (expire && !(committed && committed->more_to_expire)) next_expiry_ = clock_.monotonic() + expiry_interval;
  publish(store_->changed(), cost);
  answer(std::move(appends), committed);
}

void DiskSpool::answer(std::vector<Append> appends, const Result<Committed>& committed) {
  if (appends.empty()) return;
  // One post per commit; std::function wants what it holds to be copyable.
  auto answered = std::make_shared<std::vector<Append>>(std::move(appends));
  for (Append& append : *answered) append.message.reset();  // the loop may run late: give the memory back now
  post_([answered, committed] {
    Seq seq = committed ? committed->first : 0;
    for (const Append& append : *answered) {
      if (append.cost == 0)
        append.stored(fail(append.refusal));
      else if (!committed)
        append.stored(fail(committed.error()));
      else
        append.stored(seq++);
    }
  });
}

void DiskSpool::answer(Query query) {
  if (query.device) {
    auto records = store_->read(*query.device, query.after, query.most, query.most_bytes, delivered_);
    if (!records) note(records.error());
    if (store_->found_damage()) delete_by_ = std::min(delete_by_, std::chrono::steady_clock::now());
    auto shared = std::make_shared<Result<std::vector<Record>>>(std::move(records));
    post_([read = std::move(query.read), shared] { read(std::move(*shared)); });
    return;
  }
  std::map<std::string, std::uint64_t> counts;
  const Books& books = store_->books();
  for (std::size_t i = 1; i <= books.size(); ++i) {
    const Account& account = books.account(static_cast<std::int64_t>(i));
    if (account.ledger.pending > 0) counts[account.device] = account.ledger.pending;
  }
  post_([done = std::move(query.pending), counts = std::move(counts)]() mutable { done(std::move(counts)); });
}

void DiskSpool::note(const Error& error) const {
  if (error.code == Code::corrupt) directory_.set_suspect(true);
}

}  // namespace vouchgate::spool
