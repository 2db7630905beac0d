// One stored row as a record: its checksum and its reading. Pure. Never trusts a byte of the disk.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "vouchgate/contract/spool.hpp"

namespace vouchgate::spool {

// CRC-32 (RFC 1952 section 8) over the device, the kind, the subfolder, a NUL and the payload. Not over stored_at,
// which is corrected when a wrong clock gave it.
inline std::int64_t checksum(std::string_view device, std::int64_t kind, std::string_view subfolder,
                             std::string_view payload) {
  uLong crc = 0;
  const auto add = [&crc](std::string_view text) {
    if (!text.empty()) crc = crc32_z(crc, reinterpret_cast<const Bytef*>(text.data()), text.size());
  };
  const char head = static_cast<char>(kind);
  const char separator = 0;
  add(device);
  add({&head, 1});
  add(subfolder);
  add({&separator, 1});
  add(payload);
  return static_cast<std::int64_t>(crc);
}

struct Row {
  std::int64_t seq = 0, stored_at = 0, kind = 0;  // stored_at: milliseconds since 1970
  std::string_view subfolder, payload;
  std::int64_t checksum = 0;
};

// Nothing if the row does not check.
inline std::optional<Record> parse(const Row& row, const DeviceId& device) {
  auto subfolder = Subfolder::parse(row.subfolder);
  const bool known_kind = row.kind == 0 || row.kind == 1;
  if (!known_kind || !subfolder || row.payload.size() > max_payload(static_cast<Kind>(row.kind)) ||
      row.checksum != checksum(device.str(), row.kind, row.subfolder, row.payload))
    return std::nullopt;
  return Record{static_cast<Seq>(row.seq),
                Message{device, static_cast<Kind>(row.kind), std::move(*subfolder), std::string(row.payload)},
                WallTime(std::chrono::milliseconds(row.stored_at))};
}

}  // namespace vouchgate::spool
