// What the atecc verbs say, as lines for people and as JSON. Never talks to a chip.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "atecc_plan.hpp"

namespace vouchgate::cli {

using Json = nlohmann::ordered_json;

// One chip at its place, as it answered.
struct ChipSeen {
  std::string bus;
  std::uint8_t address = 0;  // 7 bit
  unsigned slot = 0;         // that is to hold the gateway's key
  atecc608::Zone zone{};
  std::optional<bool> key;  // is one in the slot; a chip with an open configuration does not tell

  std::string where() const;  // "/dev/i2c-1 0x60"
};

std::string address_text(std::uint8_t address);      // "0x60"
std::string state_text(const atecc608::Zone& zone);  // "configuration locked, data and OTP open"
std::string chip_text(const ChipSeen& chip);         // the lines of `info`, without what remains
Json chip_json(const ChipSeen& chip);

// Of `prefix` (how this operator calls the command) and `file` the commands that remain, numbered.
std::string steps_text(const std::vector<ChipStep>& steps, unsigned slot, const std::string& prefix,
                       const std::string& file);
Json steps_json(const std::vector<ChipStep>& steps);

std::string objections_text(const std::vector<atecc608::Objection>& objections);
Json objections_json(const std::vector<atecc608::Objection>& objections);

std::string changes_text(const ChipPlan& plan);
Json plan_json(const ChipPlan& plan);

std::string slots_text(const atecc608::Zone& zone);  // what each slot is for, one line a slot

}  // namespace vouchgate::cli
