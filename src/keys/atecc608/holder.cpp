// Looks whether the chip can be the gateway's identity before anything is signed with it.
#include "holder.hpp"

#include <algorithm>

#include "../crypto.hpp"
#include "chip_signer.hpp"
#include "linux_i2c.hpp"
#include "operations.hpp"
#include "scan.hpp"
#include "status.hpp"
#include "vouchgate/model/atecc608_objections.hpp"

namespace vouchgate::keys::atecc608 {
namespace {

namespace zones = vouchgate::atecc608;
constexpr Bus::Time usual_limit = std::chrono::seconds(10);
constexpr std::string_view probe = "vouchgate self test";

std::string place_of(const Atecc608Settings& settings) { return place(settings.bus, settings.address); }
std::string slot_of(const Atecc608Settings& settings) {
  return place_of(settings) + " slot " + std::to_string(settings.slot);
}

Result<void> locked(const Atecc608Settings& settings, const Zone& zone) {
  constexpr const char* how = "'vouchgate atecc info' names the next step";
  if (!zones::config_locked(zone))
    return fail(Code::unsupported, "key", place_of(settings),
                "a blank chip: its configuration is not locked, so its random numbers are a fixed pattern", how);
  if (!zones::data_locked(zone))
    return fail(Code::unsupported, "key", place_of(settings),
                "its data zone is not locked, so keys can still be written into it", how);
  return {};
}

Result<void> usable(const Atecc608Settings& settings, const Identity& chip) {
  if (auto safe = locked(settings, chip.config); !safe) return safe;
  for (const zones::Objection& objection : zones::objections(chip.config, settings.slot)) {
    if (!objection.fatal) continue;
    return fail(Code::unsupported, "key", slot_of(settings), objection.reason,
                "the configuration is locked for ever; " + zones::other_slots(chip.config, settings.slot));
  }
  return {};
}

std::string hardware_of(const Identity& chip) {
  return zones::part_name(chip.revision) + " " + zones::serial(chip.config);
}

// A chip that is silent where the settings say may answer elsewhere: mostly an 8-bit address or a Trust&GO part.
Error with_advice(Bus& bus, const Atecc608Settings& settings, Error error) {
  if (error.reason != wake_failed({}).reason || !bus.open(Bus::Time(0))) return error;
  const auto found = who_wakes(bus);
  bus.close();
  if (!found || found->empty() || std::ranges::find(*found, settings.address) != found->end()) return error;
  error.hint = "a chip answers at" + place("", found->front()) + ": key.atecc608.address";
  return error;
}

Result<Identity> look(Chip& chip, const Atecc608Settings& settings) {
  auto found = identify(chip);
  if (!found) return found;
  if (auto good = usable(settings, *found); !good) return fail(good.error());
  return found;
}

// What describes the slot, in the words of the data sheet.
std::vector<std::string> words_of(const Zone& zone, unsigned slot) {
  const zones::Slot config = zones::slot_of(zone, slot);
  std::vector<std::string> out{"private", "external-sign"};
  if (config.internal_sign()) out.push_back("internal-sign");
  if (config.ecdh()) out.push_back("ecdh");
  if (config.gen_key() && !zones::slot_locked(zone, slot)) out.push_back("can-be-replaced");
  if (zones::slot_locked(zone, slot)) out.push_back("slot-locked");
  if (const std::string trust = zones::trust_platform(zone); !trust.empty()) out.push_back(trust);
  return out;
}

KeyInfo info_of(const Atecc608Settings& settings, const Identity& chip, Bytes spki) {
  return {Algorithm::es256, "atecc608", slot_of(settings), hex(sha256(spki)), hardware_of(chip), std::move(spki)};
}

struct Opened {
  KeyInfo info;
  ChipFacts facts;
};

Result<Opened> prove(Chip& chip, const Atecc608Settings& settings, const Identity& found) {
  auto spki = public_key(chip, settings.slot);
  if (!spki) return fail(spki.error());
  const ChipFacts facts{zones::part_of(found.config), speed_of(found.config)};
  const auto signature = sign(chip, facts.part, settings.slot, sha256(view(probe)));
  if (!signature) return fail(signature.error());
  if (!verifies(Algorithm::es256, *spki, view(probe), *signature))
    return fail(Code::corrupt, "key", slot_of(settings), "its signature does not verify under its public key",
                "the chip or the wiring is broken; 'vouchgate key test' repeats it");
  return Opened{info_of(settings, found, std::move(*spki)), facts};
}

// Whether a key could be made in the slot, which is empty.
Result<void> can_be_made(const Atecc608Settings& settings, const Zone& zone) {
  const bool locked = zones::slot_locked(zone, settings.slot);
  if (!locked && zones::slot_of(zone, settings.slot).gen_key()) return {};
  return fail(Code::unsupported, "key", slot_of(settings),
              locked ? "the slot is locked for ever, without a key in it"
                     : "the slot is empty, and its configuration lets no key be made in it (WriteConfig bit 1)",
              zones::other_slots(zone, settings.slot));
}

Result<void> has_key(Chip& chip, const Atecc608Settings& settings, const Zone& zone) {
  const auto valid = key_valid(chip, settings.slot);
  if (!valid) return fail(valid.error());
  if (*valid) return {};
  if (auto possible = can_be_made(settings, zone); !possible) return possible;
  return fail(Code::not_found, "key", slot_of(settings), "no key yet", "'vouchgate key create' makes one");
}

Result<Opened> open_slot(Chip& chip, const Atecc608Settings& settings) {
  const auto found = look(chip, settings);
  if (!found) return fail(found.error());
  if (auto there = has_key(chip, settings, found->config); !there) return fail(there.error());
  return prove(chip, settings, *found);
}

// Asked twice: a CRC of 16 bits lets one broken answer in 65,536 pass, and a key that GenKey replaces is gone for ever.
Result<void> is_empty(Chip& chip, const Atecc608Settings& settings, const Zone& zone) {
  for (int look = 0; look < 2; ++look) {
    const auto valid = key_valid(chip, settings.slot);
    if (!valid) return fail(valid.error());
    if (!*valid) continue;
    const std::string trust = zones::trust_platform(zone);
    return fail(Code::mismatch, "key", slot_of(settings), "the slot holds a key already",
                trust.empty() ? "'vouchgate key show' describes it; key.atecc608.slot chooses another slot"
                              : "this " + trust + " part was provisioned by its maker: use its key as it comes");
  }
  return {};
}

Result<Opened> create_in_slot(Chip& chip, const Atecc608Settings& settings) {
  const auto found = look(chip, settings);
  if (!found) return fail(found.error());
  if (auto empty = is_empty(chip, settings, found->config); !empty) return fail(empty.error());
  if (auto possible = can_be_made(settings, found->config); !possible) return fail(possible.error());
  if (const auto made = generate_key(chip, settings.slot); !made) return fail(made.error());
  return prove(chip, settings, *found);
}

Result<void> only_es256(const KeySettings& settings) {
  if (settings.algorithm == word(Algorithm::es256)) return {};
  return fail(Code::unsupported, "key.algorithm", settings.algorithm, "not one that an ATECC608 signs with", "ES256");
}

Result<std::unique_ptr<Signer>> signer_by(Result<Opened> (*work)(Chip&, const Atecc608Settings&),
                                          std::unique_ptr<Bus> bus, const KeySettings& settings, Bus::Time limit) {
  const Atecc608Settings& place = settings.atecc608;
  if (auto able = only_es256(settings); !able) return fail(able.error());
  auto opened = with_chip(*bus, place, limit, [&](Chip& chip) { return work(chip, place); });
  if (!opened) return fail(with_advice(*bus, place, opened.error()));
  return std::make_unique<ChipSigner>(std::move(bus), place, limit, opened->facts, std::move(opened->info));
}

}  // namespace

Result<std::unique_ptr<Signer>> open_on(std::unique_ptr<Bus> bus, const KeySettings& settings, Bus::Time limit) {
  return signer_by(open_slot, std::move(bus), settings, limit);
}

Result<std::unique_ptr<Signer>> create_on(std::unique_ptr<Bus> bus, const KeySettings& settings, Bus::Time limit) {
  return signer_by(create_in_slot, std::move(bus), settings, limit);
}

Result<Description> describe_on(Bus& bus, const KeySettings& settings, Bus::Time limit) {
  const Atecc608Settings& at = settings.atecc608;
  auto described = with_chip(bus, at, limit, [&](Chip& chip) -> Result<Description> {
    const auto found = look(chip, at);
    if (!found) return fail(found.error());
    if (auto there = has_key(chip, at, found->config); !there) return fail(there.error());
    const auto spki = public_key(chip, at.slot);
    if (!spki) return fail(spki.error());
    const std::string name = hex(sha256(*spki));
    return Description{"atecc608",          slot_of(at), name, name, "ES256", words_of(found->config, at.slot),
                       hardware_of(*found), true};
  });
  if (!described) return fail(with_advice(bus, at, described.error()));
  return described;
}

Result<std::unique_ptr<Signer>> open(const KeySettings& settings) {
  return open_on(std::make_unique<LinuxI2c>(settings.atecc608), settings, usual_limit);
}

Result<std::unique_ptr<Signer>> create(const KeySettings& settings) {
  return create_on(std::make_unique<LinuxI2c>(settings.atecc608), settings, usual_limit);
}

Result<void> remove(const KeySettings& settings) {
  return fail(Code::unsupported, "key", slot_of(settings.atecc608), "a key cannot be taken out of the chip",
              "give the gateway another slot by key.atecc608.slot, and take the old key out of the cloud's registry");
}

Result<Description> describe(const KeySettings& settings) {
  LinuxI2c bus(settings.atecc608);
  return describe_on(bus, settings, usual_limit);
}

}  // namespace vouchgate::keys::atecc608
