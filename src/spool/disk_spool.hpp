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
#include <unordered_map>
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
  void quarantine(Seq seq, std::string reason) override;
  void quarantined(Seq after, std::size_t most, std::function<void(Result<std::vector<Quarantined>>)> done) override;
  void retry(Seq seq, std::function<void(Result<DeviceId>)> done) override;
  void discard(Seq seq, Done done) override;
  void audit(std::function<void(Result<std::vector<AuditLine>>)> done) override;
  SpoolUsage usage() const override;
  Health health() const override;
  std::string set_aside() const override { return aside_; }

 private:
  using ByDevice = std::unordered_map<std::string, std::uint64_t>;
  using Time = std::chrono::steady_clock::time_point;  // of this thread's pauses; messages are dated by clock_
  struct Append {
    std::optional<Message> message;
    std::uint64_t cost = 0;  // 0: refused already, only answered in its turn
    Stored stored;
    Error refusal;
  };
  // Runs on the disk thread, after the commit of what was asked for before it if it needs the disk to be in step.
  struct Query {
    std::function<void()> run;
    bool in_step = false;
  };
  struct Work {
    std::vector<Append> appends;
    std::vector<Query> queries;
    bool write = false, last = false;
  };

  std::optional<Error> refusal(const Message& message, std::uint64_t cost);  // holds mutex_
  std::optional<Error> lack_of_room(const std::string& device, std::uint64_t cost);
  bool batch_closed() const;  // holds mutex_
  void run();
  Work wait_for_work();
  Time write_due() const;  // holds mutex_
  bool expiry_due() const { return clock_.monotonic() >= next_expiry_; }
  bool waiting() const { return !delivered_.empty() || !withdrawn_.empty(); }
  void settle();
  bool commit(std::vector<Append> appends);
  void committed(const std::vector<Seq>& deleted);
  void answer(std::vector<Append> appends, const Result<Committed>& committed);
  template <class Answer>
  void ask(bool in_step, std::function<Result<Answer>()> question, std::function<void(Result<Answer>)> done);
  void publish(const std::vector<std::int64_t>& touched, const ByDevice& written);
  bool look_due() const;
  void measure();
  void look();  // at the file system, and whether a failed disk works again
  void fell(const Error& error);
  void show_state();
  std::uint64_t limit(std::uint64_t batch) const;
  Error disk_short() const;
  void take_in(Time now);  // holds mutex_

  const SpoolSettings settings_;
  const bool drop_oldest_;
  const std::uint64_t max_device_bytes_;
  const Clock& clock_;
  const Post post_;
  const Directory directory_;
  const std::string aside_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Append> appends_;
  std::vector<Query> queries_;
  std::vector<Seq> forgets_;
  std::vector<Withdrawal> withdrawals_;
  std::uint64_t queued_bytes_ = 0;  // appended, not yet committed: also those the disk thread works on
  std::uint64_t batch_bytes_ = 0;   // of appends_ alone
  std::optional<Time> busy_since_;
  SpoolUsage usage_;
  ByDevice stored_of_, queued_of_;  // by device: as booked, and appended but not yet committed
  std::uint64_t limit_;             // of bytes: max_bytes, or what the file can hold while the file system is short
  bool refusing_ = false;           // for lack of room, until there is plenty again
  bool stopping_ = false;

  // The disk thread's own.
  std::unique_ptr<Store> store_;
  std::unordered_set<Seq> delivered_;  // to be deleted with the next commits
  std::unordered_set<Seq> hidden_;     // these and the withdrawn: reads do not show them
  std::vector<Withdrawal> withdrawn_;  // to quarantine with the next commit
  std::optional<Error> failure_;       // of the last write; none: it succeeded
  std::uint64_t free_ = 0;             // of the file system, as of the last look
  bool short_ = false;                 // less than min_free
  std::uint64_t room_ = 0;             // while short: what the database's own file has left
  Time next_look_{}, next_shrink_{};
  Time last_write_{}, delete_by_ = Time::max();
  Monotonic next_expiry_ = Monotonic::min();

  std::thread thread_;  // last: starts when all else is there
};

}  // namespace vouchgate::spool
