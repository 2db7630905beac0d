// The zone of an ATECC608 against published vectors and dumps: CRC, slots, parts, locks, addresses.
#include "vouchgate/model/atecc608_zone.hpp"

#include <gtest/gtest.h>

#include "atecc608_zones.hpp"

namespace vouchgate::atecc608 {
namespace {

std::string wire(std::uint16_t crc) {
  return hex(std::array{static_cast<std::uint8_t>(crc & 0xff), static_cast<std::uint8_t>(crc >> 8)});
}

TEST(AteccCrc, IsWhatTheChipComputes) {
  const std::pair<const char*, const char*> table[] = {{"", "0000"},
                                                       {"80", "0580"},
                                                       {"01", "0383"},
                                                       {"91", "3583"},
                                                       {"01020304", "f085"},
                                                       {"fffefd01", "2d0b"},
                                                       {"67c6697351ff4aec29cdbaabf2fbe346", "81a4"},
                                                       {"313233343536373839", "ddbc"},
                                                       {"0400", "0340"},
                                                       {"0411", "3343"},
                                                       {"04ee", "3141"},
                                                       {"0730000000", "035d"},
                                                       {"0700006003", "83bb"}};
  for (const auto& [bytes, crc] : table) EXPECT_EQ(wire(crc16(from_hex(bytes).value())), crc) << bytes;
}

TEST(AteccZone, TheLockCrcOfTheRecommendedConfigurationIsThePublishedOne) {
  EXPECT_EQ(wire(crc16(test::jwt_1())), "a2f7");
}

TEST(AteccSlot, TheSigningSlotIsItsFourBytes) {
  Slot slot;
  slot.read_key = 1, slot.secret = true, slot.write_config = 2;
  slot.private_key = slot.public_info = slot.lockable = true, slot.key_type = key_type_p256;
  Zone zone{};
  put(zone, 3, slot);
  EXPECT_EQ(hex(ByteView(zone).subspan(26, 2)), "8120");
  EXPECT_EQ(hex(ByteView(zone).subspan(102, 2)), "3300");
  EXPECT_EQ(slot_of(zone, 3), slot);
  EXPECT_TRUE(slot.external_sign() && slot.gen_key());
  EXPECT_FALSE(slot.internal_sign() || slot.ecdh() || slot.ecdh_to_next_slot() || slot.priv_write());
}

TEST(AteccSlot, EveryPairOfWordsSurvivesDecodingAndEncoding) {
  for (std::uint32_t word = 0; word <= 0xffff; word += 3) {
    const auto value = static_cast<std::uint16_t>(word);
    const Slot slot = Slot::from(value, static_cast<std::uint16_t>(~value));
    ASSERT_EQ(slot.slot_config(), value);
    ASSERT_EQ(slot.key_config(), static_cast<std::uint16_t>(~value));
  }
}

TEST(AteccSlot, FactorySlotsDecodeAsTheirSourcesSay) {
  const Zone zone = test::factory_508a();
  for (unsigned number = 0; number < 3; ++number) {
    const Slot slot = slot_of(zone, number);
    EXPECT_TRUE(slot.private_key && slot.secret && slot.external_sign() && slot.gen_key() && slot.lockable) << number;
    EXPECT_EQ(slot.key_type, key_type_p256) << number;
  }
  EXPECT_EQ(slot_of(zone, 0).slot_config(), 0x2083);
  EXPECT_FALSE(slot_of(zone, 0).ecdh());
  EXPECT_TRUE(slot_of(zone, 1).ecdh());
  EXPECT_TRUE(slot_of(zone, 2).ecdh_to_next_slot());
  EXPECT_EQ(slot_of(zone, 3), Slot::from(0x8fc4, 0x001c));
  EXPECT_EQ(slot_of(zone, 3).key_type, key_type_other);
  EXPECT_EQ(slot_of(zone, 9).slot_config(), 0);
  EXPECT_EQ(slot_of(zone, 15).slot_config(), 0x8faf);
}

TEST(AteccPart, IsKnownByItsFamily) {
  const std::pair<const char*, const char*> table[] = {
      {"00005000", "ATECC508A"}, {"00006001", "ATECC608A"}, {"00006002", "ATECC608A"},
      {"00006003", "ATECC608B"}, {"00006004", "ATECC608"},  {"00007000", "unknown part 00007000"},
  };
  for (const auto& [revision, name] : table) EXPECT_EQ(part_name(from_hex(revision).value()), name);
  EXPECT_EQ(part_of(test::factory_508a()), Part::atecc508a);
  EXPECT_EQ(part_of(test::factory_608a()), Part::atecc608);
  EXPECT_EQ(part_of(ByteView{}), Part::unknown);
}

TEST(AteccZone, TheSerialNumberSkipsTheRevision) { EXPECT_EQ(serial(test::factory_608a()), "0123a1b2c3d4e5f6ee"); }

TEST(AteccZone, LocksAreTheBytesThatTheDataSheetNames) {
  Zone zone = test::jwt_1();
  EXPECT_FALSE(config_locked(zone) || data_locked(zone) || slot_locked(zone, 0));
  zone[87] = 0x00;  // LockConfig
  EXPECT_TRUE(config_locked(zone));
  EXPECT_FALSE(data_locked(zone));
  zone[86] = 0x00;  // LockValue
  EXPECT_TRUE(data_locked(zone));
  zone[86] = 0x54;
  EXPECT_FALSE(data_locked(zone)) << "a value that the chip never writes";
  zone[88] = 0xfe, zone[89] = 0x7f;
  EXPECT_TRUE(slot_locked(zone, 0) && slot_locked(zone, 15));
  EXPECT_FALSE(slot_locked(zone, 1) || slot_locked(zone, 14));
}

TEST(AteccZone, AddressesAreSevenBit) {
  EXPECT_EQ(address_of(test::factory_608a()), 0x60);
  EXPECT_EQ(address_of(test::trust_and_go()), 0x35);
  EXPECT_EQ(address_of(test::trustflex()), 0x36) << "UserExtraAdd is 0, so byte 16 holds";
  Zone moved = test::trustflex();
  moved[85] = 0xa0;
  EXPECT_EQ(address_of(moved), 0x50);
  moved[19] = 0x00;
  EXPECT_EQ(address_of(moved), 0x36) << "ChipMode bit 0 is clear";
  Zone old = test::factory_508a();
  old[19] = 0x01, old[85] = 0xa0;
  EXPECT_EQ(address_of(old), 0x60) << "an ATECC508A's SelectorMode and Selector";
}

TEST(AteccZone, AnEightBitAddressIsRecognised) {
  const std::pair<std::uint32_t, std::uint8_t> table[] = {
      {0xc0, 0x60}, {0x6a, 0x35}, {0x6c, 0x36}, {0xa0, 0x50}, {0xb0, 0x58}};
  for (const auto& [given, meant] : table) EXPECT_EQ(seven_bit_form(given), meant) << given;
  for (const std::uint32_t seven : {0x60u, 0x35u, 0x36u, 0x50u, 0x58u, 0x08u, 0x77u, 0x79u, 0xf0u, 0x100u})
    EXPECT_EQ(seven_bit_form(seven), std::nullopt) << seven;
}

TEST(AteccZone, PartsThatMicrochipProvisionedAreRecognised) {
  EXPECT_EQ(trust_platform(test::trust_and_go()), "Trust&GO");
  EXPECT_EQ(trust_platform(test::trustflex()), "TrustFLEX");
  EXPECT_EQ(trust_platform(test::factory_608a()), "");
  Zone moved = test::jwt_1();  // one's own chip at that address is not one of theirs
  moved[16] = 0x6a, moved[86] = moved[87] = 0;
  EXPECT_EQ(trust_platform(moved), "");
}

TEST(AteccZone, WhatWriteCannotReachStaysTheChips) {
  const Zone chip = test::factory_608a();
  const Zone zone = on_chip(test::jwt_1(), chip);
  EXPECT_TRUE(std::equal(&chip[0], &chip[16], &zone[0]));
  EXPECT_EQ(zone[20], 0x81);
  Zone odd = test::jwt_1();
  odd[84] = odd[85] = 0x11, odd[86] = odd[87] = 0;
  EXPECT_EQ(on_chip(odd, chip), zone) << "UserExtra and the locks are not Write's";
  odd[16] |= 1;
  EXPECT_EQ(on_chip(odd, chip), zone) << "bit 0 of byte 16 is no part of the address";
}

}  // namespace
}  // namespace vouchgate::atecc608
