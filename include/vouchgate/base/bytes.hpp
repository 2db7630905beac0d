// Byte strings and their three text forms (hex, base64, base64url). Strict decoders: one spelling per value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vouchgate/base/result.hpp"

namespace vouchgate {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline ByteView view(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view text(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// Lower case, two digits a byte.
std::string hex(ByteView bytes);
Result<Bytes> from_hex(std::string_view text);

// RFC 4648 section 4, with padding. The decoder refuses missing padding, white space and non-zero trailing bits.
std::string base64(ByteView bytes);
Result<Bytes> from_base64(std::string_view text);

// RFC 4648 section 5 as RFC 7515 section 2 wants it: no padding. The decoder refuses '=', '+', '/', white space,
// an impossible length and non-zero trailing bits.
std::string base64url(ByteView bytes);
Result<Bytes> from_base64url(std::string_view text);

// True if text is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool is_utf8(std::string_view text);

}  // namespace vouchgate
