// Orders for faults, one JSON object a line:
//   {"fault":"nack","count":3,"skip":1}  {"fault":"crc_error","probability":0.01}  {"clear":true}  {"counts":true}
// "everything" is all faults but vanish and self_test, with a probability. Never guesses what was meant.
#pragma once

#include <string>
#include <string_view>

#include "faults.hpp"
#include "vouchgate/base/result.hpp"

namespace vouchgate::emulator::atecc608 {

// Carries it out; the answer is what to report: "ordered", "cleared" or "counts". Errors: invalid.
Result<std::string_view> carry_out(std::string_view line, Faults& faults);

}  // namespace vouchgate::emulator::atecc608
