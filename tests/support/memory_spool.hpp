// A Spool on std containers with the semantics of the real one, for scenarios under a virtual clock. Never durable:
// what survives a crash in a scenario survives because the test keeps this object.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "vouchgate/contract/clock.hpp"
#include "vouchgate/contract/spool.hpp"
#include "vouchgate/model/settings.hpp"

namespace vouchgate::support {

// Every callback goes through `post`. A record counts as stored at append(), before `stored` is called.
class MemorySpool : public Spool {
 public:
  MemorySpool(SpoolSettings settings, const Clock& clock, Post post);

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

  // Until called with nullopt, appends (and, if so asked, reads) answer this error and store nothing.
  void fail_appends(std::optional<Error> error) { append_error_ = std::move(error); }
  // As above, but the record is kept: the disk had it, and failed afterwards.
  void fail_after_appends(std::optional<Error> error) { late_error_ = std::move(error); }
  void fail_reads(std::optional<Error> error) { read_error_ = std::move(error); }

 private:
  struct Entry {
    Record record;
    std::uint64_t cost = 0;
  };
  using Entries = std::map<Seq, Entry>;

  std::optional<Error> refusal(const Message& message, std::uint64_t cost) const;
  // Removes the record and counts it in `counter` of its device.
  Entries::iterator remove(Entries::iterator entry, std::uint64_t Ledger::*counter);
  void expire();

  SpoolSettings settings_;
  const Clock& clock_;
  Post post_;
  Entries entries_;
  std::map<Seq, Quarantined> quarantine_;
  Seq last_seq_ = 0;
  std::uint64_t bytes_ = 0;
  std::map<std::string, Ledger> ledgers_;
  std::map<std::string, std::uint64_t> device_bytes_;
  std::optional<Monotonic> expired_at_;
  std::optional<Error> append_error_, late_error_, read_error_;
};

}  // namespace vouchgate::support
