// The key in a TPM over the daemon's life: does what the policy (recovery.hpp) says, at most once for each call.
#include "../keeper.hpp"

#include <type_traits>
#include <utility>

#include "holder.hpp"
#include "opening.hpp"
#include "recovery.hpp"
#include "vouchgate/base/log.hpp"

namespace vouchgate::keys::tpm {
namespace {

class TpmKeeper : public Keeper {
 public:
  TpmKeeper(KeySettings settings, Duration limit)
      : settings_(std::move(settings)), limit_(limit), managed_(is_managed(settings_.tpm.tcti)) {}

  Result<Bytes> sign(ByteView input) override {
    const auto attempt = [&]() -> Result<Bytes> {
      if (auto ready = open_signer(); !ready) return fail(ready.error());
      return signer_->sign(input);
    };
    return recovering(attempt);
  }
  Result<ClockReading> clock() override {
    const auto attempt = [&]() -> Result<ClockReading> {
      if (auto ready = open_context(); !ready) return fail(ready.error());
      return context_->read_clock();
    };
    return recovering(attempt);
  }
  std::optional<KeyInfo> info() const override {
    if (!signer_) return std::nullopt;
    return signer_->info();
  }

 private:
  template <class Attempt>
  std::invoke_result_t<const Attempt&> recovering(const Attempt& attempt) {
    auto result = attempt();
    if (!result && mend()) result = attempt();
    if (!result) close();
    return result;
  }

  // Whether another attempt is worth it now. Context::open() failing leaves no context: nobody is there.
  bool mend() {
    if (!context_) return false;
    switch (remedy(context_->last_failure(), managed_)) {
      case Remedy::none:
      case Remedy::repeat: return false;  // the wire has repeated it already
      case Remedy::reopen: break;
      case Remedy::start_up:
        if (!context_->start_up()) return false;
        log::emit(events::Id::tpm_started, {{"tpm", settings_.tpm.tcti}});
        break;
      case Remedy::sweep:
        if (const int swept = context_->sweep(memory_.name); swept > 0)
          log::emit(events::Id::tpm_swept, {{"tpm", settings_.tpm.tcti}, {"count", std::to_string(swept)}});
        break;
    }
    close();
    return true;
  }

  Result<void> open_context() {
    if (context_) return {};
    auto opened = Context::open(settings_.tpm.tcti, limit_);
    if (!opened) return fail(opened.error());
    context_ = std::move(*opened);
    return {};
  }
  Result<void> open_signer() {
    if (signer_) return {};
    if (auto ready = open_context(); !ready) return ready;
    auto opened = open_key(context_, settings_, memory_);
    if (!opened) return fail(opened.error());
    signer_ = std::move(*opened);
    if (memory_.from_file && !std::exchange(said_from_file_, true))
      log::emit(events::Id::key_from_file,
                {{"handle", handle_text(settings_.tpm.handle)}, {"path", settings_.tpm.key_file}});
    if (!memory_.from_file) said_from_file_ = false;
    return {};
  }
  void close() {
    signer_.reset();
    context_.reset();
  }

  const KeySettings settings_;
  const Duration limit_;
  const bool managed_;
  Memory memory_;
  bool said_from_file_ = false;
  std::shared_ptr<Context> context_;
  std::unique_ptr<TpmSigner> signer_;
};

}  // namespace

std::unique_ptr<Keeper> keep(const KeySettings& settings, Duration limit) {
  return std::make_unique<TpmKeeper>(settings, limit);
}

}  // namespace vouchgate::keys::tpm
