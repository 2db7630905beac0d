// Bookkeeping with undo. Never touches the disk.
#include "books.hpp"

#include <algorithm>

namespace vouchgate::spool {

std::int64_t Books::find(const std::string& device) const {
  const auto found = numbers_.find(device);
  return found == numbers_.end() ? 0 : found->second;
}

std::int64_t Books::add(Account account) {
  const auto number = static_cast<std::int64_t>(accounts_.size()) + 1;
  numbers_.emplace(account.device, number);
  bytes_ += account.bytes;
  accounts_.push_back({std::move(account), false});
  kept_ = accounts_.size();
  return number;
}

std::int64_t Books::find_or_add(const std::string& device) {
  if (const std::int64_t number = find(device)) return number;
  const auto number = static_cast<std::int64_t>(accounts_.size()) + 1;
  numbers_.emplace(device, number);
  accounts_.push_back({Account{device, {}, 0, 0}, false});
  return number;
}

Account& Books::touch(std::int64_t number) {
  Line& line = accounts_.at(index(number));
  if (!line.touched) before_.push_back({number, line.account});
  line.touched = true;
  return line.account;
}

void Books::stored(std::int64_t number, Seq seq, std::uint64_t cost) {
  Account& account = touch(number);
  ++account.ledger.stored;
  ++account.ledger.pending;
  account.bytes += cost;
  account.last_seq = seq;
  bytes_ += cost;
}

const Account& Books::before(std::int64_t number) const {
  const auto found = std::ranges::find(before_, number, &Before::number);
  return found == before_.end() ? account(number) : found->account;
}

// A record whose length was damaged on the disk gives back something else than it took: that must not wrap the counter
// around, and ends where nothing is left.
void Books::moved(std::int64_t number, std::uint64_t Ledger::*from, std::uint64_t Ledger::*to, std::uint64_t cost) {
  Account& account = touch(number);
  ++(account.ledger.*to);
  --(account.ledger.*from);
  const bool last = account.ledger.pending == 0 && account.ledger.quarantined == 0;
  const std::uint64_t freed = last ? account.bytes : std::min(cost, account.bytes);
  account.bytes -= freed;
  bytes_ -= freed;
}

std::vector<std::int64_t> Books::touched() const {
  std::vector<std::int64_t> numbers;
  for (const Before& before : before_) numbers.push_back(before.number);
  return numbers;
}

void Books::keep() {
  for (const Before& before : before_) accounts_.at(index(before.number)).touched = false;
  before_.clear();
  kept_ = accounts_.size();
}

void Books::revert() {
  for (Before& before : before_) {
    Line& line = accounts_.at(index(before.number));
    bytes_ = bytes_ - line.account.bytes + before.account.bytes;
    line = {std::move(before.account), false};
  }
  before_.clear();
  for (; accounts_.size() > kept_; accounts_.pop_back()) numbers_.erase(accounts_.back().account.device);
}

}  // namespace vouchgate::spool
