// The spool as the loop sees it: a bounded queue in front of the disk thread, which owns the store. Never blocks the
// loop and never calls back but through `post`.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "directory.hpp"
#include "store.hpp"
#include "vouchgate/spool/open.hpp"

namespace vouchgate::spool {

class DiskSpool : public Disk {
 public:
  DiskSpool(const SpoolSettings& settings, const Clock& clock, Post post, Directory directory,
            std::unique_ptr<Store> store, std::string aside);
  ~DiskSpool() override;

  void append(Message message, Stored stored) override;
  void read(const DeviceId& device, Seq after, std::size_t most, std::size_t most_bytes, Read read) override;
  void forget(std::vector<Seq> delivered) override;
  void pending(std::function<void(Result<std::map<std::string, std::uint64_t>>)> done) override;
  SpoolUsage usage() const override;
  Health health() const override;
  std::string set_aside() const override { return aside_; }

 private:
  using Time = std::chrono::steady_clock::time_point;  // of this thread's pauses; messages are dated by clock_
  struct Append {
    std::optional<Message> message;
    std::uint64_t cost = 0;  // 0: refused already, only answered in its turn
    Stored stored;
    Error refusal;
  };
  struct Query {
    std::optional<DeviceId> device;  // none: pending()
    Seq after = 0;
    std::size_t most = 0, most_bytes = 0;
    Read read;
    std::function<void(Result<std::map<std::string, std::uint64_t>>)> pending;
  };
  struct Work {
    std::vector<Append> appends;
    std::vector<Query> queries;
    bool write = false, last = false;
  };

  std::optional<Error> refusal(const Message& message, std::uint64_t cost) const;  // holds mutex_
  bool batch_closed() const;                                                       // holds mutex_
  void run();
  Work wait_for_work();
  Time write_due() const;  // holds mutex_
  bool expiry_due() const { return clock_.monotonic() >= next_expiry_; }
  void commit(std::vector<Append> appends);
  void answer(std::vector<Append> appends, const Result<Committed>& committed);
  void answer(Query query);
  void publish(const std::vector<std::int64_t>& touched, std::uint64_t written);
  void note(const Error& error) const;

  const SpoolSettings settings_;
  const bool drop_oldest_;
  const Clock& clock_;
  const Post post_;
  const Directory directory_;
  const std::string aside_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Append> appends_;
  std::vector<Query> queries_;
  std::vector<Seq> forgets_;
  std::uint64_t queued_bytes_ = 0;  // appended, not yet committed: also those the disk thread works on
  std::uint64_t batch_bytes_ = 0;   // of appends_ alone
  std::optional<Time> busy_since_;
  SpoolUsage usage_;
  bool stopping_ = false;

  // The disk thread's own.
  std::unique_ptr<Store> store_;
  std::unordered_set<Seq> delivered_;  // to be deleted with the next commit; reads do not show them
  Time last_write_{}, delete_by_ = Time::max();
  Monotonic next_expiry_ = Monotonic::min();

  std::thread thread_;  // last: starts when all else is there
};

}  // namespace vouchgate::spool
