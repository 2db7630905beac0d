// Signs with one slot of one chip: the bus is taken for each signature and given back. Never hands out a signature that
// does not verify.
#pragma once

#include <memory>

#include "bus.hpp"
#include "timing.hpp"
#include "vouchgate/contract/signer.hpp"
#include "vouchgate/model/settings.hpp"

namespace vouchgate::keys::atecc608 {

struct ChipFacts {
  vouchgate::atecc608::Part part{};
  Speed speed{};
};

class ChipSigner : public Signer {
 public:
  ChipSigner(std::unique_ptr<Bus> bus, Atecc608Settings settings, Bus::Time limit, ChipFacts facts, KeyInfo info)
      : bus_(std::move(bus)), settings_(std::move(settings)), limit_(limit), facts_(facts), info_(std::move(info)) {}

  const KeyInfo& info() const override { return info_; }
  Result<Bytes> sign(ByteView input) override;

 private:
  std::unique_ptr<Bus> bus_;
  const Atecc608Settings settings_;
  const Bus::Time limit_;
  const ChipFacts facts_;
  const KeyInfo info_;
};

}  // namespace vouchgate::keys::atecc608
