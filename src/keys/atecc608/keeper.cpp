// The key in a chip over the daemon's life: looked at once, and anew after a failure. Never more than twice in a call.
#include "../keeper.hpp"

#include <utility>

#include "holder.hpp"
#include "linux_i2c.hpp"
#include "vouchgate/base/log.hpp"

namespace vouchgate::keys::atecc608 {
namespace {

class ChipKeeper : public Keeper {
 public:
  ChipKeeper(MakeBus make_bus, KeySettings settings, Bus::Time limit)
      : make_bus_(std::move(make_bus)), settings_(std::move(settings)), limit_(limit) {}

  Result<Bytes> sign(ByteView input) override {
    const bool was_open = signer_ != nullptr;
    auto signature = attempt(input);
    if (!signature && was_open && worth_another(signature.error().code)) signature = attempt(input);
    return signature;
  }
  Result<ClockReading> clock() override {
    return fail(Code::unsupported, "key", settings_.atecc608.bus, "an ATECC608 has no clock");
  }
  std::optional<KeyInfo> info() const override {
    if (!signer_) return std::nullopt;
    return signer_->info();
  }

 private:
  Result<Bytes> attempt(ByteView input) {
    if (!signer_) {
      auto opened = open_on(make_bus_(), settings_, limit_);
      if (!opened) return fail(opened.error());
      signer_ = std::move(*opened);
      compare_with_last();
    }
    auto signature = signer_->sign(input);
    if (!signature) signer_.reset();
    return signature;
  }

  // Nothing pins the key, so an exchanged one is used; what the cloud knows is the old one.
  void compare_with_last() {
    const KeyInfo& key = signer_->info();
    const std::string before = std::exchange(last_name_, key.name);
    if (!before.empty() && before != key.name)
      log::emit(events::Id::key_exchanged, {{"where", key.where}, {"name", key.name}, {"before", before}});
  }

  // Unplugged and back, exchanged, or a bad spell on the wire. A bus that is busy or an answer that takes too long has
  // used up the caller's patience already.
  static bool worth_another(Code code) { return code == Code::unavailable || code == Code::mismatch; }

  const MakeBus make_bus_;
  const KeySettings settings_;
  const Bus::Time limit_;
  std::unique_ptr<Signer> signer_;
  std::string last_name_;  // of the key that was opened last
};

}  // namespace

std::unique_ptr<Keeper> keep_on(MakeBus make_bus, const KeySettings& settings, Bus::Time limit) {
  return std::make_unique<ChipKeeper>(std::move(make_bus), settings, limit);
}

std::unique_ptr<Keeper> keep(const KeySettings& settings, Duration limit) {
  return keep_on([at = settings.atecc608] { return std::make_unique<LinuxI2c>(at); }, settings, limit);
}

}  // namespace vouchgate::keys::atecc608
