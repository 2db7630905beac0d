// What a spool has promised so far, and whether what it shows after a power cut keeps it. Never asks the spool itself.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "vouchgate/contract/spool.hpp"

namespace vouchgate::support {

// All that a spool shows.
struct Shown {
  std::map<std::string, std::vector<Record>> pending;  // by device, in the order they were read
  std::vector<Quarantined> quarantined;
  SpoolUsage usage;
  std::vector<AuditLine> audit;
};

// Messages are known by a number in their payload that rises in the order of the appends.
class Promises {
 public:
  using Number = std::uint64_t;
  using Broken = std::optional<std::string>;  // the first promise that was not kept, as a sentence

  // drops: old messages may make room for new ones.
  explicit Promises(bool drops) : drops_(drops) {}

  Number offer(Message& message);  // puts its number into the payload
  void stored(Number number, const Result<Seq>& answer);
  void forgets(Number number);
  void quarantines(Number number);
  void retries(Number number);
  void retried(Number number, bool done);
  void discards(Number number);
  void discarded(Number number, bool done);

  // Those that are surely in the queue (in quarantine), with the number they had last.
  std::vector<std::pair<Number, Seq>> waiting() const { return in(pending); }
  std::vector<std::pair<Number, Seq>> kept() const { return in(quarantined); }

  // After a start. What is shown is the truth from then on.
  Broken judge(const Shown& shown);
  std::uint64_t acknowledged() const { return given_.size(); }  // sequence numbers that anybody saw

 private:
  enum Place : unsigned { gone = 1, pending = 2, quarantined = 4 };
  struct Entry {
    Message message;
    unsigned places = gone | pending;  // where it may be
    bool counted = false;              // it was on the disk for sure
    bool renumbered = false;           // by a retry: at the end of its queue
    Seq seq = 0;                       // 0: not known
  };
  struct Found {
    Place place;
    Seq seq;
  };

  std::vector<std::pair<Number, Seq>> in(unsigned place) const;
  Broken recognise(const Record& record, Place place, std::map<Number, Found>& found);
  Broken find_all(const Shown& shown, std::map<Number, Found>& found);
  Broken in_order(const std::vector<Record>& records) const;
  Broken none_missing(const Shown& shown, const std::map<Number, Found>& found) const;
  Broken adds_up(const Shown& shown) const;
  void believe(const std::map<Number, Found>& found);
  Broken given(Seq seq, Number number);

  const bool drops_;
  Number next_ = 1;
  std::map<Number, Entry> entries_;
  std::map<Seq, Number> given_;  // every sequence number that anybody saw
  Broken broken_;
};

}  // namespace vouchgate::support
