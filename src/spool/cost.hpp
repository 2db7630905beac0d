// What a record costs against spool.max_bytes. Never knows where it is stored.
#pragma once

#include <cstdint>

#include "vouchgate/model/message.hpp"

namespace vouchgate::spool {

// Bytes: SQLite's row header, seq, device, kind and time, the entry in the index by device and its share of unused
// page space.
constexpr std::uint64_t fixed_cost = 64;

inline std::uint64_t cost_of(const Message& message) {
  return fixed_cost + message.payload.size() + message.subfolder.str().size();
}

}  // namespace vouchgate::spool
