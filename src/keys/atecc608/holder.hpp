// The gateway's key in an ATECC508A or ATECC608. Opens, makes and describes it; never configures or locks a chip.
#pragma once

#include <functional>
#include <memory>

#include "../keeper.hpp"
#include "bus.hpp"
#include "vouchgate/keys/keys.hpp"

namespace vouchgate::keys::atecc608 {

Result<std::unique_ptr<Signer>> open(const KeySettings& settings);
Result<std::unique_ptr<Signer>> create(const KeySettings& settings);
Result<void> remove(const KeySettings& settings);
Result<Description> describe(const KeySettings& settings);
std::unique_ptr<Keeper> keep(const KeySettings& settings, Duration limit);

// The same on any bus. `limit` bounds each call, and each of the signer's.
Result<std::unique_ptr<Signer>> open_on(std::unique_ptr<Bus> bus, const KeySettings& settings, Bus::Time limit);
Result<std::unique_ptr<Signer>> create_on(std::unique_ptr<Bus> bus, const KeySettings& settings, Bus::Time limit);
Result<Description> describe_on(Bus& bus, const KeySettings& settings, Bus::Time limit);
using MakeBus = std::function<std::unique_ptr<Bus>()>;
std::unique_ptr<Keeper> keep_on(MakeBus make_bus, const KeySettings& settings, Bus::Time limit);

}  // namespace vouchgate::keys::atecc608
