// A key for as long as the daemon runs: opened when it is needed, recovered when it failed. One thread. Never waits for
// a fault to end: the next call tries again.
#pragma once

#include <memory>
#include <optional>

#include "vouchgate/keys/keys.hpp"

namespace vouchgate::keys {

class Keeper {
 public:
  virtual ~Keeper() = default;
  virtual Result<Bytes> sign(ByteView input) = 0;  // as Signer; opens the key at most twice
  virtual Result<ClockReading> clock() = 0;
  virtual std::optional<KeyInfo> info() const = 0;  // of the open key
};

// The keeper that the settings' holder has. `limit` is the longest wait for one answer of the hardware. Error:
// unsupported.
Result<std::unique_ptr<Keeper>> keep(const KeySettings& settings, Duration limit);

}  // namespace vouchgate::keys
