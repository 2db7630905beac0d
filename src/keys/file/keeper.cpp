// The key in a file over the daemon's life: read once, read anew after a failure.
#include "../keeper.hpp"

#include "holder.hpp"

namespace vouchgate::keys::file {
namespace {

class FileKeeper : public Keeper {
 public:
  explicit FileKeeper(KeySettings settings) : settings_(std::move(settings)) {}

  Result<Bytes> sign(ByteView input) override {
    if (!signer_) {
      auto opened = open(settings_);
      if (!opened) return fail(opened.error());
      signer_ = std::move(*opened);
    }
    auto signature = signer_->sign(input);
    if (!signature) signer_.reset();
    return signature;
  }
  Result<ClockReading> clock() override {
    return fail(Code::unsupported, "key", settings_.file.path, "a key in a file has no clock", "use key.holder tpm");
  }
  std::optional<KeyInfo> info() const override {
    if (!signer_) return std::nullopt;
    return signer_->info();
  }

 private:
  const KeySettings settings_;
  std::unique_ptr<Signer> signer_;
};

}  // namespace

std::unique_ptr<Keeper> keep(const KeySettings& settings, Duration) { return std::make_unique<FileKeeper>(settings); }

}  // namespace vouchgate::keys::file
