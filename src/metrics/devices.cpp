// Sums what has no series of its own.
#include "devices.hpp"

#include <algorithm>
#include <set>

namespace vouchgate::metrics {
namespace {

void add(Ledger& sum, const Ledger& ledger) {
  for (const auto counter : {&Ledger::stored, &Ledger::delivered, &Ledger::pending, &Ledger::expired, &Ledger::dropped,
                             &Ledger::discarded, &Ledger::quarantined})
    sum.*counter += ledger.*counter;
}

void add(Device& device, const ChildStatus& child) {
  device.attached += child.state == "attached" || child.state == "subscribed" ? 1 : 0;
  device.held_off += child.state == "held-off" ? 1 : 0;
  device.connections += child.connections;
  add(device.ledger, child.ledger);
}

}  // namespace

std::vector<Device> devices_of(const Status& status, std::size_t most) {
  std::vector<Device> out;
  Device other{"_other", 0, 0, 0, {}};
  std::set<std::string> configured;
  for (const ChildStatus& child : status.children) {
    configured.insert(child.device);
    if (out.size() < most) out.push_back({child.device, 0, 0, 0, {}});
    add(configured.size() <= most ? out.back() : other, child);
  }
  bool orphans = false;
  for (const auto& [device, ledger] : status.spool.by_device) {
    if (configured.contains(device)) continue;
    orphans = true;
    add(other.ledger, ledger);
  }
  if (orphans || status.children.size() > most) out.push_back(std::move(other));
  return out;
}

}  // namespace vouchgate::metrics
