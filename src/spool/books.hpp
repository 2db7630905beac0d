// The ledger per device, kept in memory exactly as the last commit left it on the disk. Never counts what may yet fail.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "vouchgate/contract/spool.hpp"

namespace vouchgate::spool {

struct Account {
  std::string device;
  Ledger ledger;
  std::uint64_t bytes = 0;  // cost of what is pending or in quarantine
  Seq last_seq = 0;         // the highest ever given to this device; the maximum over all is the counter
};

// Accounts have numbers from 1. Changes between commits can be taken back.
class Books {
 public:
  std::size_t size() const { return accounts_.size(); }
  const Account& account(std::int64_t number) const { return accounts_.at(index(number)).account; }
  bool knows(std::int64_t number) const { return number >= 1 && index(number) < accounts_.size(); }
  std::int64_t find(const std::string& device) const;  // 0 if unknown
  std::uint64_t bytes() const { return bytes_; }

  std::int64_t add(Account account);  // untouched: as loaded
  std::int64_t find_or_add(const std::string& device);
  void stored(std::int64_t number, Seq seq, std::uint64_t cost);
  // One record from one counter to another; `freed`: what of its cost is given back.
  void moved(std::int64_t number, std::uint64_t Ledger::*from, std::uint64_t Ledger::*to, std::uint64_t freed);
  const Account& before(std::int64_t number) const;  // as the last commit left it
  void numbered(std::int64_t number, Seq seq) { touch(number).last_seq = seq; }

  std::vector<std::int64_t> touched() const;
  void keep();    // the commit succeeded
  void revert();  // it failed

 private:
  struct Line {
    Account account;
    bool touched = false;
  };
  struct Before {
    std::int64_t number;
    Account account;
  };
  static std::size_t index(std::int64_t number) { return static_cast<std::size_t>(number - 1); }
  Account& touch(std::int64_t number);

  std::vector<Line> accounts_;
  std::unordered_map<std::string, std::int64_t> numbers_;
  std::uint64_t bytes_ = 0;
  std::vector<Before> before_;  // of each touched account, in order of the first touch
  std::size_t kept_ = 0;        // accounts above are new since the last commit
};

}  // namespace vouchgate::spool
