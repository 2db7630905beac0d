// A spool's calls as plain functions for tests: each runs the loop until the answer is there. Never waits for ever.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "virtual_time.hpp"
#include "vouchgate/contract/spool.hpp"

namespace vouchgate::support {

inline DeviceId device(const std::string& id) { return DeviceId::parse(id).value(); }
inline Message event(const std::string& id, std::string payload) {
  return Message{device(id), Kind::event, Subfolder(), std::move(payload)};
}

class SpoolUser {
 public:
  SpoolUser(Spool& spool, ManualPost& loop) : spool_(spool), loop_(loop) {}

  Result<Seq> append(Message message) {
    return wait<Result<Seq>>([&](auto done) { spool_.append(std::move(message), done); });
  }
  Result<std::vector<Record>> read(const std::string& id, Seq after = 0, std::size_t most = 1000,
                                   std::size_t most_bytes = 1 << 20) {
    return wait<Result<std::vector<Record>>>(
        [&](auto done) { spool_.read(device(id), after, most, most_bytes, done); });
  }
  std::vector<Seq> seqs(const std::string& id, Seq after = 0) {
    std::vector<Seq> numbers;
    const auto records = read(id, after).value();
    for (const Record& record : records) numbers.push_back(record.seq);
    return numbers;
  }
  Result<std::map<std::string, std::uint64_t>> pending() {
    return wait<Result<std::map<std::string, std::uint64_t>>>([&](auto done) { spool_.pending(done); });
  }
  Result<std::vector<Quarantined>> quarantined(Seq after = 0, std::size_t most = 100) {
    return wait<Result<std::vector<Quarantined>>>([&](auto done) { spool_.quarantined(after, most, done); });
  }
  Result<DeviceId> retry(Seq seq) {
    return wait<Result<DeviceId>>([&](auto done) { spool_.retry(seq, done); });
  }
  Result<void> discard(Seq seq) {
    return wait<Result<void>>([&](auto done) { spool_.discard(seq, done); });
  }
  Result<std::vector<AuditLine>> audit() {
    return wait<Result<std::vector<AuditLine>>>([&](auto done) { spool_.audit(done); });
  }
  // All that was asked before is on the disk, and usage() shows it.
  SpoolUsage settled() {
    pending().value();
    return spool_.usage();
  }

 private:
  template <class Answer, class Ask>
  Answer wait(Ask ask) {
    auto answer = std::make_shared<std::optional<Answer>>();
    ask([answer](Answer given) { *answer = std::move(given); });
    loop_.run_until([&] { return answer->has_value(); });
    return std::move(*answer).value();
  }

  Spool& spool_;
  ManualPost& loop_;
};

inline std::uint64_t sum(const Ledger& ledger) { return ledger.accounted(); }

}  // namespace vouchgate::support
