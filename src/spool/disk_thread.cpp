// What the disk thread does, round by round: wait, commit once, answer. Never runs a caller's function itself.
#include <algorithm>
#include <utility>

#include "disk_spool.hpp"

namespace vouchgate::spool {
namespace {

constexpr auto expiry_interval = std::chrono::minutes(1);
constexpr auto retry_pause = std::chrono::seconds(1);      // for deletes that failed; appends try at once
constexpr auto patience = std::chrono::milliseconds(100);  // that a delete waits for an append to share its commit
constexpr std::size_t closing_deletes = 4096;
constexpr std::chrono::steady_clock::duration shrink_delay = std::chrono::seconds(1);  // after changes

}  // namespace

void DiskSpool::run() {
  for (bool last = false; !last;) {
    Work work = wait_for_work();
    last = work.last;
    const bool in_step = std::ranges::any_of(work.queries, &Query::in_step);
    if (look_due()) look();
    if (work.write || expiry_due()) commit(std::move(work.appends));
    if (in_step || last) settle();
    for (const Query& query : work.queries) query.run();
    publish({}, {});  // a question may have had to read the books anew
    if (std::chrono::steady_clock::now() >= next_shrink_) {
      store_->shrink();
      next_shrink_ = Time::max();
    }
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
    take_in(now);
    work.write = write_due() <= now;
    if (work.write || !queries_.empty() || expiry_due() || look_due() || now >= next_shrink_) break;
    wake_.wait_until(lock, std::min({write_due(), now + expiry_interval, next_look_, next_shrink_}));
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

// What was delivered or withdrawn is hidden from here on; its row goes with the next commit.
void DiskSpool::take_in(Time now) {
  if (forgets_.empty() && withdrawals_.empty()) return;
  if (delete_by_ == Time::max()) delete_by_ = now + std::max<Time::duration>(patience, 2 * settings_.commit_interval);
  hidden_.insert(forgets_.begin(), forgets_.end());
  delivered_.insert(forgets_.begin(), forgets_.end());
  forgets_.clear();
  if (delivered_.size() >= closing_deletes && !failure_) delete_by_ = now;
  for (Withdrawal& withdrawal : withdrawals_) {
    hidden_.insert(withdrawal.seq);
    withdrawn_.push_back(std::move(withdrawal));
    if (!failure_) delete_by_ = now;
  }
  withdrawals_.clear();
}

// All that was delivered or withdrawn goes to the disk, in as many commits as it takes.
void DiskSpool::settle() {
  while (waiting() && commit({})) {}
}

// The loop may have accepted more than the file system holds by now: a batch goes into the WAL and then into the
// database.
std::uint64_t DiskSpool::limit(std::uint64_t batch) const {
  const bool tight = short_ || (free_ > 0 && free_ < settings_.min_free + 2 * batch);
  return tight ? std::min(settings_.max_bytes, store_->books().bytes() + room_) : settings_.max_bytes;
}

bool DiskSpool::commit(std::vector<Append> appends) {
  std::vector<const Message*> messages;
  ByDevice written;
  std::uint64_t cost = 0;
  for (const Append& append : appends) {
    if (append.cost == 0) continue;
    messages.push_back(&*append.message);
    written[append.message->device.str()] += append.cost;
    cost += append.cost;
  }
  measure();
  const std::uint64_t most = limit(cost);
  const bool fits = most == settings_.max_bytes || (drop_oldest_ ? 0 : store_->books().bytes()) + cost <= most;
  if (!fits) messages.clear();
  std::vector<Seq> deleted;
  for (auto next = delivered_.begin(); next != delivered_.end() && deleted.size() < closing_deletes; ++next)
    deleted.push_back(*next);
  const bool expire = expiry_due();
  const Time now = std::chrono::steady_clock::now();
  // A look for old records that finds none is no reason for the next append to wait.
  if (!messages.empty() || !deleted.empty()) last_write_ = now;
  const auto outcome = store_->commit({messages, deleted, withdrawn_, clock_.wall(), expire, most});
  if (outcome) {
    committed(deleted);
  } else {
    fell(outcome.error());
    if (delete_by_ != Time::max()) delete_by_ = now + retry_pause;
  }
  if (outcome && outcome->more)
    next_expiry_ = Monotonic::min();
  else if (expire)
    next_expiry_ = clock_.monotonic() + expiry_interval;
  publish(store_->changed(), written);
  show_state();
  answer(std::move(appends), fits ? outcome : fail(disk_short()));
  return outcome.has_value();
}

void DiskSpool::committed(const std::vector<Seq>& deleted) {
  const Time now = std::chrono::steady_clock::now();
  next_shrink_ = std::min(next_shrink_, now + shrink_delay);
  for (const Seq seq : deleted) {
    delivered_.erase(seq);
    hidden_.erase(seq);
  }
  for (const Withdrawal& withdrawal : withdrawn_) hidden_.erase(withdrawal.seq);
  withdrawn_.clear();
  delete_by_ = waiting() ? now : Time::max();
  failure_.reset();
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

}  // namespace vouchgate::spool
