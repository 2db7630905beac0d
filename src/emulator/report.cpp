// Writes report lines. Never fails: bytes that are not text travel as base64.
#include "report.hpp"

#include <array>
#include <cstdio>
#include <ctime>

#include "strict_json.hpp"
#include "vouchgate/base/bytes.hpp"

namespace vouchgate::emulator {
namespace {

using Line = nlohmann::ordered_json;

std::string text_of(Moment now) {
  const std::time_t whole = seconds_of(now);
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  std::tm parts{};
  gmtime_r(&whole, &parts);
  std::array<char, 32> day{};
  std::array<char, 48> out{};
  std::strftime(day.data(), day.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(out.data(), out.size(), "%s.%03dZ", day.data(), static_cast<int>(since % 1000));
  return out.data();
}

Line begin(std::string_view event, Pairs pairs) {
  Line line;
  line["event"] = event;
  for (const auto& [key, value] : pairs) {
    if (value == Value(std::string_view())) continue;
    std::visit([&line, name = key](const auto& held) { line[name] = held; }, value);
  }
  return line;
}

std::string finish(Line& line, Moment now) {
  line["time"] = text_of(now);
  return line.dump(-1, ' ', false, Line::error_handler_t::replace);
}

}  // namespace

std::string report(std::string_view event, Pairs pairs, Moment now) {
  Line line = begin(event, pairs);
  return finish(line, now);
}

std::string report_payload(std::string_view event, Pairs pairs, std::string_view payload, Moment now) {
  Line line = begin(event, pairs);
  if (is_utf8(payload))
    line["payload"] = payload;
  else
    line["payload_b64"] = base64(view(payload));
  return finish(line, now);
}

std::string report_token(std::string_view event, Pairs pairs, const Token& token, Moment now) {
  Line line = begin(event, pairs);
  line["alg"] = token.algorithm;
  line["iat"] = token.issued;
  line["exp"] = token.expires;
  line["aud"] = token.audience;
  line["verified_by"] = "libjwt";
  return finish(line, now);
}

}  // namespace vouchgate::emulator
