// Signs with one loaded TPM key: one TPM command a signature, the hash made on the host.
#pragma once

#include <memory>

#include "context.hpp"
#include "vouchgate/contract/signer.hpp"

namespace vouchgate::keys::tpm {

class TpmSigner : public Signer {
 public:
  TpmSigner(std::shared_ptr<Context> context, std::unique_ptr<Authorisation> authorisation, ESYS_TR key, KeyInfo info)
      : context_(std::move(context)), authorisation_(std::move(authorisation)), key_(key), info_(std::move(info)) {}

  const KeyInfo& info() const override { return info_; }
  Result<Bytes> sign(ByteView input) override;
  Result<void> self_test();  // signs, and verifies with OpenSSL as a cloud would
  Result<void> persist(TPM2_HANDLE handle) { return context_->persist(key_, handle); }

 private:
  std::shared_ptr<Context> context_;  // outlives the authorisation, which refers to it
  std::unique_ptr<Authorisation> authorisation_;
  ESYS_TR key_;
  KeyInfo info_;
};

}  // namespace vouchgate::keys::tpm
