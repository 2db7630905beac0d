// What ESAPI takes for its TCTI: a Line, a limit for each command, and repetition of what the TPM asks to have
// repeated. Never repeats a command that the TPM may have begun.
#pragma once

#include <functional>

#include "line.hpp"

namespace vouchgate::keys::tpm {

class Wire {
 public:
  using Pause = std::function<void(std::chrono::milliseconds)>;
  // `limit` for one command with its repetitions, not counting the pauses between them (recovery.hpp: 3 s).
  Wire(std::unique_ptr<Line> line, std::chrono::milliseconds limit, Pause pause);
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  TSS2_TCTI_CONTEXT* tcti() { return reinterpret_cast<TSS2_TCTI_CONTEXT*>(&face_); }

 private:
  // The library knows only this: its functions' table first, as it does with its own modules.
  struct Face {
    TSS2_TCTI_CONTEXT_COMMON_V2 functions{};
    Wire* wire = nullptr;
  };
  static Wire& wire_of(TSS2_TCTI_CONTEXT* context) { return *reinterpret_cast<Face*>(context)->wire; }
  TSS2_RC transmit(ByteView command);
  TSS2_RC receive(std::size_t* size, std::uint8_t* answer);
  TSS2_RC exchange();  // the rest of one: waits, and repeats if the answer asks for it

  Face face_;
  const std::unique_ptr<Line> line_;
  const std::chrono::milliseconds limit_;
  const Pause pause_;
  Bytes command_, answer_;
  Line::Deadline until_{};
  int repeats_ = 0;  // of commands in a row: ESAPI repeats by itself as well, which must not make more of them
};

}  // namespace vouchgate::keys::tpm
