// An ESAPI context over an explicit TCTI, and the handles it knows. One thread. Closing it flushes what it loaded.
// Never waits without a limit.
#pragma once

#include <tss2/tss2_esys.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vouchgate/base/bytes.hpp"
#include "vouchgate/base/result.hpp"
#include "vouchgate/contract/signer.hpp"
#include "vouchgate/keys/keys.hpp"
#include "wire.hpp"

namespace vouchgate::keys::tpm {

struct FreeEsys {
  void operator()(void* p) const { Esys_Free(p); }
};
template <class T>
using Esys = std::unique_ptr<T, FreeEsys>;

std::string handle_text(TPM2_HANDLE handle);  // "0x81000100"
// The Name of an object (TPM 2.0 Part 1, 16): nameAlg || digest of its public area.
Bytes name_of(const TPM2B_PUBLIC& area);

// The slowest known chip signs in 0.7 s, but another program's RSA key may have to be made first (7.5 s).
constexpr std::chrono::milliseconds usual_limit = std::chrono::seconds(10);
// For making keys: RSA 2048 takes up to 7.5 s on chips, and the time is random.
constexpr std::chrono::milliseconds creation_limit = std::chrono::minutes(5);

class Context {
 public:
  // A TPM command without an answer within `limit` is a timeout; the context is of no more use after it.
  static Result<std::unique_ptr<Context>> open(const std::string& tcti, std::chrono::milliseconds limit = usual_limit);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  ESYS_CONTEXT* get() const { return esys_; }
  const std::string& tcti() const { return tcti_; }

  // `rc` as an Error about `what`, remembered. Every failed call of the library passes through here.
  Error failed(TSS2_RC rc, const std::string& what);
  TSS2_RC last_failure() const { return last_failure_; }  // TSS2_RC_SUCCESS: none

  // A persistent object. not_found when the handle is empty.
  struct Persistent {
    ESYS_TR handle = ESYS_TR_NONE;
    TPM2B_PUBLIC area{};
    Bytes name;
  };
  Result<Persistent> persistent(TPM2_HANDLE handle);

  Result<ESYS_TR> load(ESYS_TR parent, ESYS_TR session, const TPM2B_PRIVATE& secret, const TPM2B_PUBLIC& area);
  Result<void> persist(ESYS_TR object, TPM2_HANDLE handle);  // needs an empty owner authorisation
  Result<void> evict(ESYS_TR object, TPM2_HANDLE handle);
  void flush(ESYS_TR object);
  // Whether the chip can make and use a key with these parameters.
  Result<void> test_parameters(const TPM2B_PUBLIC& area, const std::string& what);
  std::string hardware();  // "IFX SLB9672", "IBM SW TPM"; empty if it does not say

  Result<ClockReading> read_clock();

  // TPM2_Startup(CLEAR) for a TPM that was reset; that it was started already is no error.
  Result<void> start_up();
  // Flushes the transient objects of this Name; how many. For bare TPMs alone: a resource manager hides them.
  int sweep(const Bytes& name);

 private:
  Context(std::string tcti, std::unique_ptr<Line> line, std::chrono::milliseconds limit);
  std::string tcti_;
  Wire wire_;
  ESYS_CONTEXT* esys_ = nullptr;
  TSS2_RC last_failure_ = TSS2_RC_SUCCESS;
  std::vector<ESYS_TR> loaded_;  // a TPM without a resource manager keeps them after us, and has three places
};

// The authorisation of the key: nothing but a password session while the value is empty; else one salted HMAC session
// per command with AES-128-CFB parameter encryption. Its salt goes to the parent, whose Name the caller has compared.
class Authorisation {
 public:
  Authorisation(Context& context, ESYS_TR parent, std::string secret)
      : context_(context), parent_(parent), secret_(std::move(secret)) {}
  ~Authorisation();
  bool empty() const { return secret_.empty(); }
  TPM2B_AUTH value() const;
  Result<void> set_on(ESYS_TR object);
  // For one command: the TPM ends the session with it. end() after a failure.
  Result<ESYS_TR> begin();
  void end(ESYS_TR session, bool succeeded);

 private:
  Context& context_;
  ESYS_TR parent_;
  std::string secret_;
};

}  // namespace vouchgate::keys::tpm
