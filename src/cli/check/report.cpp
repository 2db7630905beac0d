// Columns, and the JSON beside them. Never drops a hint.
#include "report.hpp"

#include <nlohmann/json.hpp>

#include "../screen.hpp"

namespace vouchgate::cli::check {
namespace {

using Json = nlohmann::ordered_json;

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size() + 1), ' ');
  return text;
}

Tone tone_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok: return Tone::good;
    case Verdict::warning: return Tone::warn;
    case Verdict::failed: return Tone::bad;
    case Verdict::skipped: return Tone::label;
  }
  return Tone::plain;
}

}  // namespace

std::string Repair::text() const {
  char octal[16];
  std::snprintf(octal, sizeof octal, "%04o", static_cast<unsigned>(mode));
  switch (kind) {
    case Kind::make_directory: return "make directory " + path + ", mode " + octal + ", for " + user;
    case Kind::set_owner: return "give " + path + " to " + user;
    case Kind::set_mode: return std::string("set mode ") + octal + " on " + path;
    case Kind::join_group: return "add " + user + " to group " + group;
  }
  return {};
}

Tally tally(const std::vector<Finding>& findings) {
  Tally out;
  for (const Finding& finding : findings) {
    switch (finding.verdict) {
      case Verdict::ok: ++out.ok; break;
      case Verdict::warning: ++out.warnings; break;
      case Verdict::failed: ++out.failed; break;
      case Verdict::skipped: ++out.skipped; break;
    }
  }
  return out;
}

std::string text_of(const Finding& finding, bool colours) {
  const std::string shown = finding.verdict == Verdict::failed ? "FAILED" : word(finding.verdict);
  std::string out =
      painted(padded(shown, 9), tone_of(finding.verdict), colours) + padded(finding.id, 22) + finding.what + "\n";
  if (!finding.hint.empty()) out += "           hint: " + finding.hint + "\n";
  return out;
}

std::string sum_text(const Tally& tally) {
  return std::to_string(tally.ok) + " ok, " + std::to_string(tally.warnings) +
         (tally.warnings == 1 ? " warning, " : " warnings, ") + std::to_string(tally.failed) + " failed, " +
         std::to_string(tally.skipped) + " skipped\n";
}

Json json_of(const std::vector<Finding>& findings, const std::string& daemon) {
  Json checks = Json::array();
  for (const Finding& finding : findings) {
    Json repairs = Json::array();
    for (const Repair& repair : finding.repairs) repairs.push_back(repair.text());
    checks.push_back({{"id", finding.id},
                      {"verdict", word(finding.verdict)},
                      {"what", finding.what},
                      {"hint", finding.hint},
                      {"repairs", std::move(repairs)}});
  }
  const Tally sums = tally(findings);
  return {{"daemon", daemon},      {"ok", sums.ok},           {"warnings", sums.warnings},
          {"failed", sums.failed}, {"skipped", sums.skipped}, {"checks", std::move(checks)}};
}

}  // namespace vouchgate::cli::check
