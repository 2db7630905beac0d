// Nonce and Sign, and a look at the result.
#include "chip_signer.hpp"

#include "../crypto.hpp"
#include "operations.hpp"

namespace vouchgate::keys::atecc608 {

Result<Bytes> ChipSigner::sign(ByteView input) {
  auto signature = with_chip(*bus_, settings_, limit_, [&](Chip& chip) {
    chip.set_speed(facts_.speed);
    return atecc608::sign(chip, facts_.part, settings_.slot, sha256(input));
  });
  if (!signature) return signature;
  // A CRC of 16 bits lets one broken frame in 65,536 pass, and nothing tells that the chip is still the one that was
  // opened. The host verifies in less than a hundredth of the time that the chip signs.
  if (verifies(Algorithm::es256, info_.public_key_der, input, *signature)) return signature;
  return fail(Code::mismatch, "key", info_.where, "the signature is not by the key that was opened",
              "was the chip exchanged? 'vouchgate key show' names its key");
}

}  // namespace vouchgate::keys::atecc608
