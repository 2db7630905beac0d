// Why a slot of an ATECC608 cannot hold the gateway's key, or could give it away. Judges values, never a chip.
#pragma once

#include <string>
#include <vector>

#include "vouchgate/model/atecc608_zone.hpp"

namespace vouchgate::atecc608 {

struct Objection {
  std::string field;  // as a chip configuration spells it: "external_sign"
  std::string reason;
  std::string hint;  // what to set instead; empty once the zone is locked
  // The slot cannot sign, or its key could leak; while the zone is open also what could never be mended afterwards.
  // The others are worth a remark.
  bool fatal = true;

  bool operator==(const Objection&) const = default;
};

// All reasons against the slot as the gateway's key; none = good. A locked zone is judged by whether the slot can sign
// as it is; an open one also by what its configuration would make impossible.
std::vector<Objection> objections(const Zone& zone, unsigned slot);

// Reasons against the rest of the zone: the address, the mode of the chip, bytes of another part's configuration.
std::vector<Objection> objections(const Zone& zone);

// What to do where `slot` cannot hold the key and the zone is locked: names the slots that could.
std::string other_slots(const Zone& zone, unsigned slot);

bool any_fatal(const std::vector<Objection>& objections);

}  // namespace vouchgate::atecc608
