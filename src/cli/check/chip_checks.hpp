// i2c.bus, i2c.functions, i2c.driver, atecc.wakes, atecc.revision, atecc.locks, atecc.slot, atecc.timing. Pure: facts
// in, findings out.
#pragma once

#include <chrono>
#include <optional>

#include "finding.hpp"
#include "places.hpp"
#include "vouchgate/keys/atecc608.hpp"

namespace vouchgate::cli::check {

// user.groups with key.holder atecc608. A warning where only the group is missing: the unit's drop-in may bring it.
Finding judge_bus_access(const Account& account, const std::string& bus, const Seen& seen, const std::string& group);

using Bus = Result<keys::atecc608::BusReport>;
Finding judge_bus(const Bus& bus);
Finding judge_bus_functions(const Bus& bus);
Finding judge_bus_driver(const Bus& bus, unsigned address);

// elsewhere: the address of a chip that does answer on the bus
Finding judge_wake(const Result<std::chrono::microseconds>& took, std::optional<std::uint8_t> elsewhere);
using Chip = Result<keys::atecc608::Identity>;
Finding judge_revision(const Chip& chip);
Finding judge_locks(const Chip& chip);
Finding judge_slot(const Chip& chip, unsigned slot);
Finding judge_timing(const Result<std::chrono::microseconds>& took);

}  // namespace vouchgate::cli::check
