// Strict parsers and their inverses.
#include "units.hpp"

#include <charconv>
#include <limits>

#include "vouchgate/model/atecc608_zone.hpp"

namespace vouchgate::config {
namespace {

struct Unit {
  std::string_view word;
  std::uint64_t factor;
};
constexpr Unit durations[] = {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}};
constexpr Unit sizes[] = {
    {"GiB", std::uint64_t{1} << 30}, {"MiB", std::uint64_t{1} << 20}, {"KiB", std::uint64_t{1} << 10}, {"B", 1}};

tl::unexpected<Error> refuse(std::string reason, std::string hint = {}) {
  return fail(Code::invalid, "", "", std::move(reason), std::move(hint));
}

// Digits with one of the units behind them.
template <std::size_t N>
Result<std::uint64_t> parse_with_unit(std::string_view text, const Unit (&units)[N], const char* what,
                                      const char* hint) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (error == std::errc::result_out_of_range) return refuse("is too large");
  if (error != std::errc()) return refuse(std::string("is not a ") + what, hint);
  for (const Unit& known : units) {
    if (known.word != unit) continue;
    if (count > std::numeric_limits<std::int64_t>::max() / known.factor) return refuse("is too large");
    return count * known.factor;
  }
  return refuse(unit.empty() ? "has no unit" : std::string("is not a ") + what, hint);
}

Result<std::uint64_t> parse_digits(std::string_view text, int base, const char* hint) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error == std::errc::result_out_of_range) return refuse("is too large");
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return refuse("is not a number", hint);
  return value;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  const auto value =
      parse_with_unit(text, durations, "duration", "write a number and a unit: 500ms, 60s, 10m, 24h, 7d");
  if (!value) return fail(value.error());
  return Duration(static_cast<Duration::rep>(*value));
}

std::string print_duration(Duration value) {
  const auto ms = static_cast<std::uint64_t>(value.count());
  for (const Unit& unit : durations) {
    // 60m reads better than 1h where the neighbours are in minutes; below a minute there is no such neighbour.
    const std::uint64_t least = unit.factor >= 60'000 ? 2 : 1;
    if (ms % unit.factor == 0 && ms / unit.factor >= least)
      return std::to_string(ms / unit.factor) + std::string(unit.word);
  }
  return std::to_string(ms) + "ms";
}

namespace {

Result<std::uint64_t> seven_bit(Result<std::uint64_t> address) {
  if (!address || *address > 0xff) return address;
  const auto meant = atecc608::seven_bit_form(static_cast<std::uint32_t>(*address));
  if (!meant) return address;
  return refuse("is an 8-bit address", "write " + print_number(*meant, Style::hexadecimal) + ": the 7-bit form");
}

}  // namespace

Result<std::uint64_t> parse_number(std::string_view text, bool quoted, Style style) {
  if (style == Style::i2c_address) return seven_bit(parse_number(text, quoted, Style::hexadecimal));
  if (style == Style::bytes)
    return parse_with_unit(text, sizes, "size", "write a number and a unit: 512B, 64KiB, 16MiB, 1GiB");
  if (style == Style::octal_text) {
    // YAML 1.1 would read a plain 0660 as 432.
    if (!quoted) return refuse("must be quoted", "write \"0660\": plain YAML octal is easily misread");
    return parse_digits(text, 8, "write octal digits in quotes, as chmod takes them: \"0660\"");
  }
  if (text.starts_with("0x"))
    return parse_digits(text.substr(2), 16, "write decimal digits, or 0x and hexadecimal ones");
  if (text.size() > 1 && text.front() == '0')
    return refuse("has a leading zero", "write it without: YAML reads that as octal");
  return parse_digits(text, 10, "write decimal digits, or 0x and hexadecimal ones");
}

std::string print_number(std::uint64_t value, Style style) {
  char digits[24];
  const auto put = [&](int base) {
    return std::string(digits, std::to_chars(digits, digits + sizeof digits, value, base).ptr);
  };
  switch (style) {
    case Style::decimal: return put(10);
    case Style::hexadecimal:
    case Style::i2c_address: return "0x" + put(16);
    case Style::octal_text: return "\"0" + put(8) + "\"";
    case Style::bytes: break;
  }
  for (const Unit& unit : sizes)
    if (value % unit.factor == 0 && value >= unit.factor)
      return std::to_string(value / unit.factor) + std::string(unit.word);
  return "0B";
}

std::string print_text(const std::string& text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '/' || c == '-' || c == '.' ||
           (c >= '0' && c <= '9');
  };
  bool safe =
      !text.empty() && ((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z') || text[0] == '/');
  for (const char c : text) safe = safe && plain(c);
  for (const char* word : {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}) {
    std::string lower;
    for (const char c : text) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    safe = safe && lower != word;
  }
  if (safe) return text;
  constexpr char hex[] = "0123456789ABCDEF";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (byte < 0x20 || byte == 0x7f)
      ((out += "\\x") += hex[byte >> 4]) += hex[byte & 15];
    else
      out += c;
  }
  return out + "\"";
}

}  // namespace vouchgate::config
