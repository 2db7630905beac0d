// What is said against a slot: each rule alone, the samples that people lock by mistake, and the parts that are fine.
#include "vouchgate/model/atecc608_objections.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "atecc608_zones.hpp"

namespace vouchgate::atecc608 {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> fields(const std::vector<Objection>& found, bool fatal) {
  std::vector<std::string> names;
  for (const Objection& one : found)
    if (one.fatal == fatal) names.push_back(one.field);
  return names;
}

Zone with(Zone zone, std::uint16_t slot_config, std::uint16_t key_config) {
  put(zone, 0, Slot::from(slot_config, key_config));
  return zone;
}

TEST(Objections, TheRecommendedConfigurationHasNone) {
  for (const unsigned slot : {0u, 1u}) EXPECT_THAT(objections(test::jwt_1(), slot), IsEmpty());
  EXPECT_THAT(objections(test::jwt_1()), IsEmpty());
}

TEST(Objections, EachBitOfTheSigningSlotIsNeeded) {
  const std::tuple<std::uint16_t, std::uint16_t, const char*> table[] = {
      {0x2080, 0x0033, "external_sign"}, {0x2001, 0x0033, "secret"},       {0x20c1, 0x0033, "encrypt_read"},
      {0x20a1, 0x0033, "limited_use"},   {0x0081, 0x0033, "write_config"}, {0x6081, 0x0033, "write_config"},
      {0x2081, 0x0032, "private"},       {0x2081, 0x0031, "public_info"},  {0x2081, 0x003f, "key_type"},
      {0x2081, 0x0013, "lockable"},      {0x2081, 0x00b3, "require_auth"}, {0x2081, 0x1033, "persistent_disable"}};
  for (const auto& [slot_config, key_config, field] : table) {
    const auto found = objections(with(test::jwt_1(), slot_config, key_config), 0);
    EXPECT_THAT(fields(found, true), ElementsAre(field)) << hex(std::array{std::uint8_t(slot_config)});
  }
}

TEST(Objections, NoHintSaysToSetWhatIsLocked) {
  Zone zone = with(test::jwt_1(), 0x2082, 0x0011);
  zone[18] = 0x01;
  for (const Objection& one : objections(zone, 0)) EXPECT_FALSE(one.hint.empty()) << one.field;
  zone[86] = zone[87] = 0x00;
  EXPECT_THAT(fields(objections(zone, 0), true), ElementsAre("external_sign", "public_info"));
  for (const auto& all : {objections(zone, 0), objections(zone, 8), objections(zone)})
    for (const Objection& one : all) EXPECT_EQ(one.hint, "") << one.field;
}

TEST(Objections, AnotherSlotIsNamedIfOneIsGood) {
  Zone zone = test::jwt_1();
  zone[86] = zone[87] = 0x00;
  EXPECT_THAT(other_slots(zone, 8), testing::StartsWith("key.atecc608.slot: 0 or 1 could hold the key"));
  EXPECT_THAT(other_slots(zone, 0), testing::StartsWith("key.atecc608.slot: 1 could"));
  zone[96] = zone[98] = 0x31;
  EXPECT_EQ(other_slots(zone, 0), "no other slot of this chip could hold the key either: take another chip");
  EXPECT_THAT(other_slots(test::factory_608a(), 5), testing::StartsWith("key.atecc608.slot: 0, 1 or"));
}

TEST(Objections, WhatMerelyWidensTheKeysUseIsARemark) {
  const auto found = objections(with(test::jwt_1(), 0x2087, 0x0033), 0);
  EXPECT_THAT(fields(found, true), IsEmpty());
  EXPECT_THAT(fields(found, false), ElementsAre("ecdh", "internal_sign"));
  EXPECT_THAT(objections(with(test::jwt_1(), 0x2081, 0x0073), 0), IsEmpty()) << "ReqRandom does not hinder Sign";
}

TEST(Objections, ASlotThatIsLockedBeforeItHasAKeyNeverGetsOne) {
  Zone zone = test::jwt_1();
  zone[88] = 0xfe;
  EXPECT_THAT(fields(objections(zone, 0), true), ElementsAre("slot_locked"));
  EXPECT_THAT(objections(zone, 1), IsEmpty());
  zone[86] = zone[87] = 0x00;
  EXPECT_THAT(objections(zone, 0), IsEmpty()) << "after the data zone's lock it is as it should be";
}

TEST(Objections, FactoryPartsCouldBeLockedAsTheyAre) {
  for (const Zone& zone : {test::factory_508a(), test::factory_608a()}) {
    EXPECT_FALSE(any_fatal(objections(zone, 0)));
    EXPECT_THAT(objections(zone), IsEmpty());
    EXPECT_TRUE(any_fatal(objections(zone, 3))) << "a data slot";
  }
}

TEST(Objections, PartsThatMicrochipProvisionedAreUsedAsTheyCome) {
  for (const Zone& zone : {test::trust_and_go(), test::trustflex()}) {
    EXPECT_THAT(objections(zone, 0), IsEmpty()) << "nor remarked upon";
    EXPECT_THAT(objections(zone, 2), IsEmpty());
    EXPECT_THAT(fields(objections(zone, 1), true), ElementsAre("external_sign")) << "the attestation key";
    EXPECT_FALSE(any_fatal(objections(zone)));
  }
}

// cryptoauthlib's test configuration, which is locked by mistake again and again: it signs, and anyone may replace the
// key.
TEST(Objections, TheLibrarysTestConfigurationIsRefusedWhileTheZoneIsOpen) {
  Zone zone = with(test::factory_608a(), 0x2087, 0x0013);
  zone[18] = 0xa1;
  const std::uint8_t tail[] = {0xff, 0x84, 0x03, 0xbc, 0x09, 0x69, 0x76};
  std::copy(std::begin(tail), std::end(tail), &zone[68]);
  EXPECT_THAT(fields(objections(zone, 0), true), ElementsAre("lockable"));
  EXPECT_THAT(fields(objections(zone), true), ElementsAre("bytes_68_to_83")) << "UseLock";
  EXPECT_THAT(fields(objections(zone), false), ElementsAre("count_match"));
  zone[86] = zone[87] = 0x00;
  EXPECT_FALSE(any_fatal(objections(zone, 0))) << "nothing can be mended any more, and it does sign";
  EXPECT_FALSE(any_fatal(objections(zone)));
  EXPECT_THAT(fields(objections(zone, 0), false), Contains("lockable"));
}

TEST(Objections, TheRestOfTheZoneIsJudgedToo) {
  const std::tuple<std::function<void(Zone&)>, const char*, bool> table[] = {
      {[](Zone& zone) { zone[16] = 0x00; }, "address", true},
      {[](Zone& zone) { zone[16] = 0xf2; }, "address", true},
      {[](Zone& zone) { zone[19] = 0x08; }, "chip_mode", true},
      {[](Zone& zone) { zone[19] = 0x68; }, "chip_mode", false},
      {[](Zone& zone) { std::fill(&zone[68], &zone[84], std::uint8_t{0xff}); }, "bytes_68_to_83", true},
      {[](Zone& zone) { zone[19] = 0x01; }, "chip_mode", false},
      {[](Zone& zone) { zone[68] = 0x1a; }, "bytes_68_to_83", true},
      {[](Zone& zone) { zone[69] = 0x80; }, "bytes_68_to_83", false},
      {[](Zone& zone) { zone[83] = 0x01; }, "bytes_68_to_83", false},
  };
  for (const auto& [change, field, fatal] : table) {
    Zone zone = test::jwt_1();
    change(zone);
    EXPECT_THAT(fields(objections(zone), fatal), ElementsAre(field));
  }
}

}  // namespace
}  // namespace vouchgate::atecc608
