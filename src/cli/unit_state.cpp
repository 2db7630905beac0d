// systemctl(1) show, which prints stable KEY=value lines (systemd.io/PORTABILITY_AND_STABILITY).
#include "unit_state.hpp"

#include <algorithm>

#include "check/program.hpp"

namespace vouchgate::cli {
namespace {

// Never the environment and never a command line: they may hold what an operator put there.
constexpr const char* wanted =
    "--property=LoadState,ActiveState,SubState,Result,ExecMainStatus,NRestarts,StateChangeTimestamp,StatusText,"
    "ActiveEnterTimestamp,MainPID,MemoryCurrent,MemoryPeak,TasksCurrent,UnitFileState,FragmentPath,DropInPaths,"
    "WatchdogTimestamp,NFileDescriptorStore";

std::string of(const UnitProperties& unit, const char* key) {
  const auto found = unit.find(key);
  return found == unit.end() ? "" : found->second;
}

}  // namespace

UnitProperties properties_of(const std::string& text) {
  UnitProperties out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    if (const auto equals = line.find('='); equals != std::string::npos)
      out[line.substr(0, equals)] = line.substr(equals + 1);
    at = end + 1;
  }
  return out;
}

UnitProperties unit_properties() {
  const auto printed = check::run_program({"systemctl", "show", "vouchgated.service", wanted}, std::chrono::seconds(2));
  return printed && printed->exit_code == 0 ? properties_of(printed->text) : UnitProperties{};
}

std::string unit_sentence(const UnitProperties& unit) {
  if (of(unit, "LoadState") == "not-found") return "not installed";
  const std::string state = of(unit, "ActiveState");
  if (state.empty()) return {};
  std::string out = state;
  const std::string result = of(unit, "Result");
  if (!result.empty() && result != "success")
    out += " (" + result + ", status " + of(unit, "ExecMainStatus") + ")";
  else if (!of(unit, "SubState").empty())
    out += " (" + of(unit, "SubState") + ")";
  if (const auto since = of(unit, "StateChangeTimestamp"); !since.empty()) out += " since " + since;
  if (const auto restarts = of(unit, "NRestarts"); !restarts.empty() && restarts != "0")
    out += ", restarted " + restarts + (restarts == "1" ? " time" : " times");
  if (const auto said = of(unit, "StatusText"); !said.empty()) out += "; it last said: " + said;
  return out;
}

}  // namespace vouchgate::cli
