// Which devices have numbers of their own, and the sum of the others. Pure.
#pragma once

#include <string>
#include <vector>

#include "vouchgate/contract/status.hpp"

namespace vouchgate::metrics {

struct Device {
  std::string name;
  std::uint64_t attached = 0, held_off = 0, connections = 0;  // of one device: 0 or 1 the first two
  Ledger ledger;
};

// The first `most` children, then "_other" if there are more or if the spool knows devices that are not configured:
// the ledgers always add up to the spool's.
std::vector<Device> devices_of(const Status& status, std::size_t most);

}  // namespace vouchgate::metrics
