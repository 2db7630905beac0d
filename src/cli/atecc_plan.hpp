// What separates a chip from its configuration file and from a gateway's key: changes, objections, remaining steps.
// Pure: values in, values out; never talks to a chip.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vouchgate/base/error.hpp"
#include "vouchgate/config/chip_config.hpp"
#include "vouchgate/model/atecc608_objections.hpp"
#include "vouchgate/model/atecc608_zone.hpp"

namespace vouchgate::cli {

struct ChipChange {
  std::string key, chip, file;  // as a configuration file spells it
  std::string note;             // what the file's value means
};

// An objection with the path of its key: "slots.0.external_sign", "chip_mode".
std::vector<atecc608::Objection> all_objections(const atecc608::Zone& zone, unsigned slot);

struct ChipPlan {
  // The file's, with the chip's own bytes; of a locked chip also with what its use changes.
  atecc608::Zone wanted{};
  std::vector<ChipChange> changes;
  unsigned words = 0;  // of four bytes, that differ
  std::vector<atecc608::Objection> objections;
  std::optional<Error> refusal;  // why the file cannot be this chip's, whatever it says
  bool possible() const { return !refusal && !atecc608::any_fatal(objections); }
};

// `where` is the subject of a refusal. `slot` is to hold the gateway's key.
ChipPlan plan_chip(const config::ChipConfig& file, const atecc608::Zone& chip, unsigned slot, const std::string& where);

enum class ChipStep { write, lock_config, lock_data, make_key, lock_slot };
bool for_ever(ChipStep step);

// What remains until the slot's key can be used, in order; asked again after an interruption it goes on. Nothing where
// a locked configuration lets no key be used there. `differs`: the chip is not what its file says. `key`: whether a
// private key is in the slot; a chip with an open configuration does not tell.
std::vector<ChipStep> remaining_steps(const atecc608::Zone& chip, unsigned slot, bool differs, std::optional<bool> key);

// Why these steps must not be taken now; nothing = go on. A step that was taken before is not refused.
std::optional<Error> against_lock_config(const ChipPlan& plan, const atecc608::Zone& chip, const std::string& where);
// keep: what the data zone holds is not overwritten first.
std::optional<Error> against_lock_data(const atecc608::Zone& chip, unsigned slot, bool keep, const std::string& where);
std::optional<Error> against_lock_slot(const atecc608::Zone& chip, unsigned slot, bool key, const std::string& where);

}  // namespace vouchgate::cli
