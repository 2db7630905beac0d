// A stored row after years on cheap flash: every byte of it may be anything. What passes must be what was stored.
#include <cstdlib>
#include <cstring>

#include "record.hpp"

// The input: kind, checksum (8 bytes each), length of the subfolder (1 byte), subfolder, payload.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vouchgate;
  if (size < 17) return 0;
  spool::Row row;
  std::memcpy(&row.kind, data, 8);
  std::memcpy(&row.checksum, data + 8, 8);
  std::string_view rest(reinterpret_cast<const char*>(data) + 17, size - 17);
  row.subfolder = rest.substr(0, data[16]);
  row.payload = rest.substr(row.subfolder.size());
  row.seq = 1;
  static const DeviceId device = *DeviceId::parse("pump-1");
  // A fuzzer does not find CRC-32 by chance: every other input has the right one.
  if ((size & 1) != 0) row.checksum = spool::checksum(device.str(), row.kind, row.subfolder, row.payload);
  const auto record = spool::parse(row, device);
  if (!record) return 0;
  const Message& message = record->message;
  const bool same = static_cast<std::int64_t>(message.kind) == row.kind && message.subfolder.str() == row.subfolder &&
                    message.payload == row.payload &&
                    row.checksum == spool::checksum(device.str(), row.kind, message.subfolder.str(), message.payload);
  if (!same || message.payload.size() > max_payload(message.kind)) std::abort();
  return 0;
}
