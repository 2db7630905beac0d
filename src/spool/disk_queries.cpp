// Questions to the spool: put in line by the loop, answered by the disk thread through `post`. Never kept waiting by an
// append.
#include <memory>
#include <utility>

#include "disk_spool.hpp"
#include "vouchgate/base/log.hpp"

namespace vouchgate::spool {
namespace {

constexpr std::size_t list_bytes = 1024 * 1024;

}  // namespace

template <class Answer>
void DiskSpool::ask(bool in_step, std::function<Result<Answer>()> question, std::function<void(Result<Answer>)> done) {
  const auto run = [this, question = std::move(question), done = std::move(done)] {
    auto answer = std::make_shared<Result<Answer>>(question());
    if (!*answer && answer->error().code == Code::corrupt) fell(answer->error());
    post_([done, answer] { done(std::move(*answer)); });
  };
  const std::lock_guard lock(mutex_);
  queries_.push_back({run, in_step});
  wake_.notify_one();
}

void DiskSpool::read(const DeviceId& device, Seq after, std::size_t most, std::size_t most_bytes, Read read) {
  const auto question = [this, device, after, most, most_bytes] {
    auto records = store_->read(device, after, most, most_bytes, hidden_);
    for (const Seq seq : store_->newly_damaged()) {
      log::emit(events::Id::message_damaged, {{"seq", std::to_string(seq)}, {"device", device.str()}});
      if (!failure_) delete_by_ = std::min(delete_by_, std::chrono::steady_clock::now());
    }
    return records;
  };
  ask<std::vector<Record>>(false, question, std::move(read));
}

void DiskSpool::pending(std::function<void(Result<std::map<std::string, std::uint64_t>>)> done) {
  using Counts = std::map<std::string, std::uint64_t>;
  ask<Counts>(
      true,
      [this]() -> Result<Counts> {
        Counts counts;
        const Books& books = store_->books();
        for (std::size_t i = 1; i <= books.size(); ++i) {
          const Account& account = books.account(static_cast<std::int64_t>(i));
          if (account.ledger.pending > 0) counts[account.device] = account.ledger.pending;
        }
        return counts;
      },
      std::move(done));
}

void DiskSpool::quarantined(Seq after, std::size_t most, std::function<void(Result<std::vector<Quarantined>>)> done) {
  ask<std::vector<Quarantined>>(
      true, [this, after, most] { return store_->quarantined(after, most, list_bytes); }, std::move(done));
}

void DiskSpool::retry(Seq seq, std::function<void(Result<DeviceId>)> done) {
  const auto question = [this, seq] {
    auto device = store_->retry(seq, clock_.wall());
    publish(store_->changed(), {});
    return device;
  };
  ask<DeviceId>(true, question, std::move(done));
}

void DiskSpool::discard(Seq seq, Done done) {
  const auto question = [this, seq] {
    auto discarded = store_->discard(seq);
    publish(store_->changed(), {});
    return discarded;
  };
  ask<void>(true, question, std::move(done));
}

void DiskSpool::audit(std::function<void(Result<std::vector<AuditLine>>)> done) {
  // A long job, but one that moves: the watchdog must not take it for a disk that hangs.
  const auto moves = [this] {
    const std::lock_guard lock(mutex_);
    busy_since_ = std::chrono::steady_clock::now();
  };
  ask<std::vector<AuditLine>>(
      true, [this, moves] { return store_->audit(moves); }, std::move(done));
}

}  // namespace vouchgate::spool
