// What a rate of messages means for a configuration: hours of autonomy, bytes written a day, years of flash. Pure:
// values in, values out; never looks at a disk or a daemon.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "vouchgate/model/settings.hpp"

namespace vouchgate::cli {

struct FlashClass {
  std::string word;
  double cycles = 0;  // how often data sheets let the whole of it be written
  std::string help;
};
const std::vector<FlashClass>& flash_classes();

struct PlanInput {
  double rate = 0;         // messages a second over all children, above 0
  std::uint64_t size = 0;  // bytes of payload each
  SpoolSettings spool;
  LimitSettings limits;
  std::size_t devices = 0;
  std::uint64_t held = 0;       // bytes that the spool holds now
  std::uint64_t disk_free = 0;  // bytes, of the spool's file system, what the spool holds not counted
  std::uint64_t disk_size = 0;  // bytes
  FlashClass flash;
};

struct PlanWarning {
  std::string what, hint;
};

struct Plan {
  std::uint64_t capacity = 0;  // bytes that an empty spool takes before it is full
  std::uint64_t messages = 0;  // as many of these fit
  Duration full_after{};       // from an empty spool without a link to a full one
  Duration autonomy{};         // ... or to the first message that expires, whichever comes first
  double amplification = 0;    // bytes written to the disk for one of payload; an estimate
  double written_a_day = 0;    // bytes; an estimate
  double flash_years = 0;      // an estimate
  Duration drain{};            // of a full spool while messages keep coming; 0: never
  std::vector<PlanWarning> warnings;
};

Plan plan(const PlanInput& input);

// Bytes written for one of payload when messages of 256 bytes come at `rate` a second.
double amplification_at(double rate);

}  // namespace vouchgate::cli
