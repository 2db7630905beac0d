// Fuzzes the token reader: any bytes end in an error or in a token whose parts spell the input again. Never checks
// signatures.
#include <cstdlib>

#include "vouchgate/token/token.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vouchgate;
  const auto input = text(ByteView(data, size));
  const auto taken = token::inspect(input);
  if (!taken) {
    if (taken.error().code != Code::invalid) std::abort();
    return 0;
  }
  if (token::join(taken->signing_input, taken->signature) != input) std::abort();
  if (base64url(view(taken->header_json)) + "." + base64url(view(taken->claims_json)) != taken->signing_input)
    std::abort();
  return 0;
}
