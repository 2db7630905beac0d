// The makers against published dumps, and the file: round trip, refusals, atomic replacement. Never a real chip's
// secret.
#include "emulator/atecc608/state.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "atecc608_bench.hpp"
#include "temporary_directory.hpp"

namespace vouchgate::emulator::atecc608 {
namespace {

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

TEST(Atecc608StateTest, TheJwtLayoutIsThePublishedOne) {
  State state = jwt1(Part::atecc608b, false);
  state.config[86] = state.config[87] = 0x55;
  EXPECT_EQ(Bytes(state.config.begin(), state.config.end()),
            bytes("01231122 00006003 33445566 EE610100"
                  "C0000000 81208120 8F8F8F8F 8F8F8F8F 8F8F8F8F 0F0F0F0F 0F0F0F0F 0F0F0F0F"
                  "0F0F0F0F FFFFFFFF 00000000 FFFFFFFF 00000000 00000000 00000000 00000000"
                  "00000000 00005555 FFFF0000 00000000 33003300 1C001C00 1C001C00 1C001C00"
                  "3C003C00 3C003C00 3C003C00 3C003C00"));
}

TEST(Atecc608StateTest, BlankPartsAreThePublishedDumps) {
  const State old = blank(Part::atecc508a), later = blank(Part::atecc608a);
  EXPECT_EQ(hex(ByteView(old.config).subspan(16, 36)),
            "c0005500"
            "832087208f20c48f8f8f8f8f9f8faf8f"
            "0000000000000000000000000000af8f");
  EXPECT_EQ(hex(ByteView(old.config).subspan(68, 24)),
            "ffffffffffffffffffffffffffffffff"
            "00005555ffff0000");
  EXPECT_EQ(hex(ByteView(later.config).subspan(68, 24)),
            "00000000000000000000000000000000"
            "00005555ffff0000");
  EXPECT_EQ(hex(ByteView(later.config).subspan(96)),
            "3300330033001c001c001c001c001c00"
            "3c003c003c003c003c003c003c001c00");
  EXPECT_FALSE(old.config_locked() || old.data_locked() || old.slot_locked(0));
  EXPECT_NE(old.slots, later.slots) << "what unwritten slots hold is not predictable";
}

TEST(Atecc608StateTest, ATrustAndGoChipSignsAtItsOwnAddressAndKeepsItsKey) {
  Bench bench(trust_and_go());
  EXPECT_EQ(bench.address, 0x35);
  EXPECT_EQ(bench.run(0x40, 0, 0).size(), 64U);
  EXPECT_EQ(bench.run(0x40, 4, 0), Bytes{not_now});
  EXPECT_EQ(bench.run(0x02, 0x82, 0x0050).size(), 32U);
  bench.sleep();
  bench.run(0x16, 0x43, 0, Bytes(32, 1));
  EXPECT_EQ(bench.run(0x41, 0xA0, 0).size(), 64U);
  EXPECT_EQ(hex(ByteView(bench.chip.state().slots[11]).first(4)), "00000000");
}

TEST(Atecc608StateTest, ATrustFlexChipIsThePublishedOneAndSignsAsItComes) {
  const State state = trust_flex();
  EXPECT_EQ(hex(ByteView(state.config).subspan(16, 36)),
            "6c000001"
            "8500820085208520"
            "85208f468f0f9f8f0f0f8f0f0f8f0f8f0f8f0f0f0d1f0f8f");
  EXPECT_EQ(hex(ByteView(state.config).subspan(84, 12)), "00000000ffff0e6000000000");
  EXPECT_EQ(hex(ByteView(state.config).subspan(96)),
            "5310530073007300730038007c001c003c001a001c0010001c00300012003000");
  Bench bench(state);
  EXPECT_EQ(bench.address, 0x36);
  bench.run(0x16, 0x43, 0, Bytes(32, 1));
  EXPECT_EQ(bench.run(0x41, 0xA0, 0).size(), 64U);
}

TEST(Atecc608StateTest, TheFileHoldsEverything) {
  const support::TemporaryDirectory directory;
  const std::string path = directory.path() + "/chip.json";
  for (const State& state : {blank(Part::atecc508a), jwt1(Part::atecc608a, true), trust_and_go(), trust_flex()}) {
    ASSERT_TRUE(save(state, path));
    const auto again = load(path);
    ASSERT_TRUE(again) << again.error().line();
    EXPECT_EQ(*again, state);
  }
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0600));
  EXPECT_FALSE(std::filesystem::exists(path + ".new"));
}

TEST(Atecc608StateTest, ACorruptFileIsRefusedWithItsField) {
  State state = jwt1(Part::atecc608b, true);
  state.counters = {2097151, 7};
  const std::string good = to_json(state);
  ASSERT_TRUE(from_json(good, "f"));
  const std::string serial = "\"01231122", key = hex(*state.keys[0]);
  for (const auto& [text, field] : {std::pair(std::string(), "parse"),
                                    {good.substr(0, good.size() / 2), "parse"},
                                    {"[]", "object"},
                                    {replaced(good, "608b", "609"), "part"},
                                    {replaced(good, serial, "\"0123112"), "config"},
                                    {replaced(good, serial, "\"zz231122"), "config"},
                                    {replaced(good, key, std::string(64, 'f')), "keys[0]"},
                                    {replaced(good, key, key + "00"), "keys[0]"},
                                    {replaced(good, "\"otp\"", "\"opt\""), "otp"},
                                    {replaced(good, "2097151", "2097152"), "counters[0]"},
                                    {replaced(good, "2097151", "-1"), "counters[0]"},
                                    {replaced(good, "atecc608-state-1", "atecc608-state-2"), "format"},
                                    {replaced(good, "000000000000ffff", "000000001234ffff"), "config byte 86"},
                                    {replaced(good, "00006003", "00005000"), "config bytes 4 to 7"},
                                    {replaced(good, "\"latch\": false", "\"latch\": 0"), "latch"},
                                    {replaced(good, "\"otp\"", "\"extra\": 1, \"otp\""), "'extra'"},
                                    {replaced(good, "\"part\"", "\"part\": \"608a\", \"part\""), "twice"}}) {
    const auto refused = from_json(text, "chip.json");
    ASSERT_FALSE(refused) << field;
    EXPECT_EQ(refused.error().code, Code::corrupt);
    EXPECT_NE(refused.error().line().find(field), std::string::npos) << refused.error().line();
  }
}

TEST(Atecc608StateTest, WhatIsNoFileOrFarTooLargeIsRefused) {
  const support::TemporaryDirectory directory;
  EXPECT_EQ(load(directory.path()).error().code, Code::invalid);
  EXPECT_EQ(load("/dev/zero").error().code, Code::invalid);
  const std::string path = directory.path() + "/chip.json", fifo = directory.path() + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(load(fifo).error().code, Code::invalid) << "and nobody waits for a writer";
  std::ofstream(path) << std::string(100'000, ' ');
  EXPECT_EQ(load(path).error().code, Code::too_large);
}

TEST(Atecc608StateTest, WhatAKilledOneLeftNeitherOpensNorMovesTheFile) {
  const support::TemporaryDirectory directory;
  const std::string path = directory.path() + "/chip.json", elsewhere = directory.path() + "/elsewhere";
  std::ofstream(path + ".new") << "half";
  std::filesystem::permissions(path + ".new", std::filesystem::perms(0666));
  ASSERT_TRUE(save(jwt1(Part::atecc608b, true), path));
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0600)) << "it holds private keys";
  std::filesystem::create_symlink(elsewhere, path + ".new");
  ASSERT_TRUE(save(jwt1(Part::atecc608b, true), path));
  EXPECT_FALSE(std::filesystem::exists(elsewhere) || std::filesystem::is_symlink(path));
}

TEST(Atecc608StateTest, OneProgramAtATimeHasTheFile) {
  const support::TemporaryDirectory directory;
  const std::string path = directory.path() + "/chip.json";
  {
    const auto first = claim(path);
    ASSERT_TRUE(first);
    EXPECT_EQ(claim(path).error().code, Code::busy);
  }
  EXPECT_TRUE(claim(path)) << "its end frees it";
  EXPECT_EQ(claim("/nonexistent/chip.json").error().code, Code::not_found);
}

TEST(Atecc608StateTest, AMissingFileIsToldFromACorruptOne) {
  EXPECT_EQ(load("/nonexistent/chip.json").error().code, Code::not_found);
  EXPECT_EQ(save(State{}, "/nonexistent/chip.json").error().code, Code::not_found);
}

}  // namespace
}  // namespace vouchgate::emulator::atecc608
