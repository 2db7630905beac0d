// What the gateway has the chip do, as windows of commands on one chip. Never opens a bus.
#pragma once

#include <utility>

#include "chip.hpp"
#include "place.hpp"
#include "vouchgate/keys/atecc608.hpp"

namespace vouchgate::keys::atecc608 {

// Info and the whole configuration; tells the chip's driver how fast the chip is. Error: unsupported (another part).
Result<Identity> identify(Chip& chip);

// What all these answer, joined.
Result<Bytes> read_all(Chip& chip, const std::vector<Command>& commands);

Result<bool> key_valid(Chip& chip, unsigned slot);
Result<Bytes> public_key(Chip& chip, unsigned slot);    // SubjectPublicKeyInfo
Result<Bytes> generate_key(Chip& chip, unsigned slot);  // the same; what was in the slot is gone for ever
// r || s over 32 bytes that were hashed elsewhere.
Result<Bytes> sign(Chip& chip, vouchgate::atecc608::Part part, unsigned slot, ByteView digest);

Result<void> write_config(Chip& chip, const std::string& serial, const Zone& wanted);
Result<void> verify_config(Chip& chip, const std::string& serial, const Zone& wanted);  // errors: mismatch, corrupt
Result<void> lock_config(Chip& chip, const std::string& serial, const Zone& expected);
Result<void> lock_data(Chip& chip, const std::string& serial, Contents contents);
Result<void> lock_slot(Chip& chip, const std::string& serial, unsigned slot);
Result<Bytes> read_slot(Chip& chip, unsigned slot);

// Takes the bus, does `work` with the chip, gives the bus back; all of it within `limit`.
template <class Work>
auto with_chip(Bus& bus, const Atecc608Settings& settings, Bus::Time limit, const Work& work)
    -> decltype(work(std::declval<Chip&>())) {
  struct Closing {
    Bus& bus;
    ~Closing() { bus.close(); }
  };
  const Bus::Time deadline = bus.now() + limit;
  if (auto opened = bus.open(limit); !opened) return fail(opened.error());
  const Closing closing{bus};
  Chip chip(bus, static_cast<std::uint8_t>(settings.address), place(settings.bus, settings.address), deadline);
  return work(chip);
}

}  // namespace vouchgate::keys::atecc608
