// Hex, base64 and base64url, strictly. Never guesses at malformed input.
#include "vouchgate/base/bytes.hpp"

#include <array>

namespace vouchgate {
namespace {

constexpr std::string_view standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_safe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode(ByteView in, std::string_view alphabet, bool pad) {
  std::string out;
  out.reserve((in.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < in.size(); i += 3) {
    const std::size_t left = in.size() - i;
    const std::uint32_t group = std::uint32_t{in[i]} << 16 | (left > 1 ? std::uint32_t{in[i + 1]} << 8 : 0) |
                                (left > 2 ? std::uint32_t{in[i + 2]} : 0);
    out += alphabet[group >> 18 & 63];
    out += alphabet[group >> 12 & 63];
    if (left > 1) out += alphabet[group >> 6 & 63];
    if (left > 2) out += alphabet[group & 63];
    if (pad && left == 1) out += "==";
    if (pad && left == 2) out += "=";
  }
  return out;
}

using Reverse = std::array<std::int16_t, 256>;
constexpr Reverse reverse_of(std::string_view alphabet) {
  Reverse table{};
  for (auto& value : table) value = -1;
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int16_t>(i);
  return table;
}
constexpr Reverse standard_reverse = reverse_of(standard);
constexpr Reverse url_reverse = reverse_of(url_safe);

tl::unexpected<Error> bad(const char* what, const char* reason) { return fail(Code::invalid, what, "", reason); }

// text without padding
Result<Bytes> decode(std::string_view in, const Reverse& reverse, const char* what) {
  if (in.size() % 4 == 1) return bad(what, "impossible length");
  Bytes out;
  out.reserve(in.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : in) {
    const int value = reverse[static_cast<unsigned char>(c)];
    if (value < 0) return bad(what, "character outside the alphabet");
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out.push_back(static_cast<std::uint8_t>(bits >> held & 0xff));
      bits &= (1u << held) - 1;
    }
  }
  if (bits != 0) return bad(what, "trailing bits are not zero");
  return out;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string hex(ByteView bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

Result<Bytes> from_hex(std::string_view in) {
  if (in.size() % 2 != 0) return bad("hex", "odd number of digits");
  Bytes out;
  out.reserve(in.size() / 2);
  for (std::size_t i = 0; i < in.size(); i += 2) {
    const int high = hex_digit(in[i]);
    const int low = hex_digit(in[i + 1]);
    if (high < 0 || low < 0) return bad("hex", "not a hexadecimal digit");
    out.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return out;
}

std::string base64(ByteView bytes) { return encode(bytes, standard, true); }
std::string base64url(ByteView bytes) { return encode(bytes, url_safe, false); }

Result<Bytes> from_base64(std::string_view in) {
  if (in.size() % 4 != 0) return bad("base64", "length is not a multiple of 4");
  if (in.ends_with("=="))
    in.remove_suffix(2);
  else if (in.ends_with('='))
    in.remove_suffix(1);
  return decode(in, standard_reverse, "base64");
}

Result<Bytes> from_base64url(std::string_view in) { return decode(in, url_reverse, "base64url"); }

bool is_utf8(std::string_view in) {
  for (std::size_t i = 0; i < in.size();) {
    const auto lead = static_cast<unsigned char>(in[i]);
    std::size_t more = 0;
    std::uint32_t point = lead;
    if (lead < 0x80) {
      ++i;
      continue;
    }
    if (lead >= 0xc2 && lead < 0xe0) {
      more = 1;
      point = lead & 0x1f;
    } else if (lead >= 0xe0 && lead < 0xf0) {
      more = 2;
      point = lead & 0x0f;
    } else if (lead >= 0xf0 && lead < 0xf5) {
      more = 3;
      point = lead & 0x07;
    } else
      return false;
    if (in.size() - i <= more) return false;
    for (std::size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<unsigned char>(in[i + k]);
      if ((next & 0xc0) != 0x80) return false;
      point = point << 6 | (next & 0x3f);
    }
    const bool overlong = (more == 2 && point < 0x800) || (more == 3 && point < 0x10000);
    if (overlong || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return false;
    i += more + 1;
  }
  return true;
}

}  // namespace vouchgate
