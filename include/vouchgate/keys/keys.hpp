// Key holders by their word in the YAML (tpm, atecc608, file): make, open, remove a key; a thread that signs. The only
// room that names a TPM or an I2C bus, besides provision the only one that names OpenSSL. Private keys never leave it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
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

// What is at the key's place, ours or not, without using it. Error: not_found (nothing there), or why nobody can look.
struct Description {
  std::string holder, where;            // as in KeyInfo
  std::string name, pinned_name;        // hex; `pinned_name` is empty without a key_file; equal = ours
  std::string algorithm;                // "ES256"; "other" when it is none that this product uses
  std::vector<std::string> attributes;  // tpm: TPMA_OBJECT in tpm2-tools' words, e.g. "fixedtpm"
  std::string hardware;
  bool present = false;  // false: the handle is empty, but key_file can bring the key back
  bool ours() const { return present && name == pinned_name; }
};
Result<Description> describe(const KeySettings& settings);

// What a TPM says of itself, without a key. Errors: unsupported (the holder has no TPM), unavailable, denied, timeout.
struct ChipReport {
  std::string hardware;             // as in KeyInfo
  bool has_parent = false;          // something lies at key.tpm.parent
  bool locked_out = false;          // TPMA_PERMANENT inLockout (TPM 2.0 Part 2, 8.6)
  std::uint32_t failures = 0;       // authorisation failures that count now
  std::uint32_t most_failures = 0;  // that many lock it out
  std::chrono::seconds forgives{};  // one of them after this time, TPM2_PT_LOCKOUT_INTERVAL
};
Result<ChipReport> inspect_chip(const KeySettings& settings);

// The TPM's own clock, TPMS_CLOCK_INFO (TPM 2.0 Part 2, 10.11.1; Part 1, 36). It runs while the TPM has power, so it
// lags behind real time. Only its owner can put it forward (TPM2_ClockSet), only TPM2_Clear puts it back.
struct ClockReading {
  std::uint64_t milliseconds = 0;   // of power since the TPM was last cleared
  std::uint32_t reset_count = 0;    // TPM resets since then
  std::uint32_t restart_count = 0;  // restarts and resumes since the last reset
  bool safe = false;                // false: after an unclean stop an earlier reading may have been higher
};

// Opens the key on a thread of its own and keeps it. Loop thread only, but health(). While the key cannot be used, each
// call tries to recover it, once, and its error says why. Every call is answered exactly once, in order, within
// `answer_within`: with Code::timeout if the TPM hangs. The destructor waits for the job under way; calls that are open
// then are never answered.
struct ServiceHealth {
  bool busy = false;
  Duration busy_for{};  // how long the job under way has been running
};
class Service : public SigningService {
 public:
  virtual ServiceHealth health() const = 0;  // any thread; for the watchdog
  // TPM2_ReadClock (TPM 2.0 Part 3, 29.1); needs no key. Errors: as of sign(); unsupported without a TPM.
  virtual void clock(std::function<void(Result<ClockReading>)> done) = 0;
};
constexpr Duration usual_answer = std::chrono::seconds(30);
std::unique_ptr<Service> start_service(const KeySettings& settings, Post post, Timers& timers,
                                       Duration answer_within = usual_answer);

// Holder words with the algorithms each may do, for config checks and help.
struct Holder {
  std::string word, help;
  std::vector<std::string> algorithms;
};
const std::vector<Holder>& holders();

}  // namespace vouchgate::keys
