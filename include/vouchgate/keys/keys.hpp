// Key holders by their word in the YAML (tpm, file): make, open, remove a key; a thread that signs. The only room that
// names a TPM, besides provision the only one that names OpenSSL. Private keys never leave it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "vouchgate/base/result.hpp"
#include "vouchgate/contract/clock.hpp"
#include "vouchgate/contract/signer.hpp"
#include "vouchgate/model/settings.hpp"

namespace vouchgate::keys {

// Opens the key that `settings` names. Errors: not_found (no key yet), mismatch (another key at the handle than the one
// pinned in key_file), unavailable (no TPM there), denied (permission or auth value), unsupported, corrupt.
Result<std::unique_ptr<Signer>> open(const KeySettings& settings);

// Makes a key where none is. tpm: the SRK at `parent` is used if suitable and created if absent, never overwritten; an
// occupied `handle` is an error; writes key_file. Verified by a signature before it is persisted.
Result<std::unique_ptr<Signer>> create(const KeySettings& settings);

// Removes the key at `handle` if its Name is the pinned one, and key_file. Never touches the SRK.
Result<void> remove(const KeySettings& settings);

// Opens the key on a thread of its own and keeps it. While the key cannot be used, each sign() opens it anew and its
// error says why. `post` runs callbacks on the loop. The destructor waits for the signature under way.
struct ServiceHealth {
  bool busy = false;
  Duration busy_for{};  // how long the job under way has been running
};
class Service : public SigningService {
 public:
  virtual ServiceHealth health() const = 0;  // any thread; for the watchdog
};
std::unique_ptr<Service> start_service(const KeySettings& settings, Post post);

// Holder words with the algorithms each may do, for config checks and help.
struct Holder {
  std::string word, help;
  std::vector<std::string> algorithms;
};
const std::vector<Holder>& holders();

}  // namespace vouchgate::keys
