// What systemd says of the daemon's unit. Never changes it, never waits for it.
#pragma once

#include <map>
#include <string>

namespace vouchgate::cli {

using UnitProperties = std::map<std::string, std::string>;  // of 'systemctl show'

// Empty where there is no systemd, or it does not answer within two seconds.
UnitProperties unit_properties();
// One clause: "failed (exit-code, status 1) since Sat 2026-11-21 14:03:11 UTC, restarted 5 times". Empty if unknown.
std::string unit_sentence(const UnitProperties& unit);
UnitProperties properties_of(const std::string& text);  // lines KEY=value

}  // namespace vouchgate::cli
