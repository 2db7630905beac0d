// TSS 2.0 TCTI specification, section 3; response codes are read from the header (TPM 2.0 Part 1, 18.7).
#include "wire.hpp"

#include <cstring>

#include "recovery.hpp"

namespace vouchgate::keys::tpm {
namespace {

TSS2_RC code_of(const Bytes& answer) {
  if (answer.size() < 10) return TSS2_TCTI_RC_MALFORMED_RESPONSE;
  return TSS2_RC{answer[6]} << 24 | TSS2_RC{answer[7]} << 16 | TSS2_RC{answer[8]} << 8 | answer[9];
}

}  // namespace

Wire::Wire(std::unique_ptr<Line> line, std::chrono::milliseconds limit, Pause pause)
    : line_(std::move(line)), limit_(limit), pause_(std::move(pause)) {
  face_.wire = this;
  auto& functions = face_.functions.v1;
  functions.magic = 0x766f756368676174;  // "vouchgat"
  functions.version = 2;
  functions.transmit = [](TSS2_TCTI_CONTEXT* context, std::size_t size, const std::uint8_t* command) {
    return wire_of(context).transmit({command, size});
  };
  // The caller's timeout is not read: ESAPI's blocking calls always give "for ever".
  functions.receive = [](TSS2_TCTI_CONTEXT* context, std::size_t* size, std::uint8_t* answer, std::int32_t) {
    return wire_of(context).receive(size, answer);
  };
  functions.finalize = [](TSS2_TCTI_CONTEXT*) {};
}

TSS2_RC Wire::transmit(ByteView command) {
  command_.assign(command.begin(), command.end());
  answer_.clear();
  until_ = std::chrono::steady_clock::now() + limit_;
  return line_->transmit(command_, until_);
}

TSS2_RC Wire::receive(std::size_t* size, std::uint8_t* answer) {
  if (answer_.empty()) {
    const TSS2_RC rc = exchange();
    if (rc != TSS2_RC_SUCCESS) return rc;
  }
  const std::size_t room = *size;
  *size = answer_.size();
  if (answer == nullptr) return TSS2_RC_SUCCESS;
  if (room < answer_.size()) return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
  std::memcpy(answer, answer_.data(), answer_.size());
  answer_.clear();
  return TSS2_RC_SUCCESS;
}

TSS2_RC Wire::exchange() {
  while (true) {
    if (const TSS2_RC rc = line_->receive(answer_, until_); rc != TSS2_RC_SUCCESS) return rc;
    const TSS2_RC code = code_of(answer_);
    if (remedy(code, true) != Remedy::repeat) repeats_ = 0;
    const auto pause = pause_before_repeat(code, repeats_);
    if (!pause) return TSS2_RC_SUCCESS;
    ++repeats_;
    pause_(*pause);
    until_ += *pause;
    if (const TSS2_RC rc = line_->transmit(command_, until_); rc != TSS2_RC_SUCCESS) return rc;
  }
}

}  // namespace vouchgate::keys::tpm
