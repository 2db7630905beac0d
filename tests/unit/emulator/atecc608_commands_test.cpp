// What each command does on an open, a half locked and a locked chip, by part. Never trusts the chip on its signatures.
#include <gtest/gtest.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>

#include "atecc608_bench.hpp"
#include "emulator/atecc608/p256.hpp"

namespace vouchgate::emulator::atecc608 {
namespace {

const Bytes digest(32, 0x5A);
enum class Locks { none, config, both };

State with_locks(State state, Locks locks) {
  state.config[87] = locks == Locks::none ? 0x55 : 0;
  state.config[86] = locks == Locks::both ? 0 : 0x55;
  return state;
}

void set_slot(State& state, unsigned slot, unsigned slot_config, unsigned key_config) {
  state.config[20 + 2 * slot] = static_cast<std::uint8_t>(slot_config);
  state.config[21 + 2 * slot] = static_cast<std::uint8_t>(slot_config >> 8U);
  state.config[96 + 2 * slot] = static_cast<std::uint8_t>(key_config);
  state.config[97 + 2 * slot] = static_cast<std::uint8_t>(key_config >> 8U);
}

// "data" stands for 4 bytes or more.
std::string outcome(const Bytes& payload) { return payload.size() == 1 ? hex(payload) : "data"; }

// By way of SubjectPublicKeyInfo, as a cloud would read it.
bool openssl_verifies(const Bytes& point, ByteView hashed, const Bytes& signature) {
  Bytes info = bytes("3059301306072A8648CE3D020106082A8648CE3D03010703420004");
  info.insert(info.end(), point.begin(), point.end());
  const unsigned char* at = info.data();
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      d2i_PUBKEY(nullptr, &at, static_cast<long>(info.size())), EVP_PKEY_free);
  if (!key || signature.size() != 64) return false;
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> parts(ECDSA_SIG_new(), ECDSA_SIG_free);
  ECDSA_SIG_set0(parts.get(), BN_bin2bn(signature.data(), 32, nullptr), BN_bin2bn(&signature[32], 32, nullptr));
  Bytes der(80);
  unsigned char* out = der.data();
  const int size = i2d_ECDSA_SIG(parts.get(), &out);
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(EVP_PKEY_CTX_new(key.get(), nullptr),
                                                                            EVP_PKEY_CTX_free);
  EVP_PKEY_verify_init(context.get());
  return EVP_PKEY_verify(context.get(), der.data(), static_cast<std::size_t>(size), hashed.data(), hashed.size()) == 1;
}

struct Row {
  const char* what;
  std::uint8_t opcode, p1;
  std::uint16_t p2;
  std::size_t data;
  const char *none, *config, *both;
};

TEST(Atecc608CommandsTest, TheLockMatrixHolds) {
  const std::vector<Row> rows{{"read config word", 0x02, 0x00, 0x0015, 0, "data", "data", "data"},
                              {"read config block", 0x02, 0x80, 0x0018, 0, "data", "data", "data"},
                              {"write config word", 0x12, 0x00, 0x0005, 4, "00", "0f", "0f"},
                              {"write config block 1", 0x12, 0x80, 0x0008, 32, "00", "0f", "0f"},
                              {"write config block 0, partly read-only", 0x12, 0x80, 0x0000, 32, "0f", "0f", "0f"},
                              {"write config block 2, with lock bytes", 0x12, 0x80, 0x0010, 32, "0f", "0f", "0f"},
                              {"write serial number", 0x12, 0x00, 0x0000, 4, "0f", "0f", "0f"},
                              {"write lock bytes", 0x12, 0x00, 0x0015, 4, "0f", "0f", "0f"},
                              {"read data", 0x02, 0x82, 0x0040, 0, "0f", "0f", "data"},
                              {"read data word", 0x02, 0x02, 0x0040, 0, "0f", "0f", "data"},
                              {"read secret slot", 0x02, 0x82, 0x0010, 0, "0f", "0f", "0f"},
                              {"read private slot", 0x02, 0x82, 0x0000, 0, "0f", "0f", "0f"},
                              {"read OTP", 0x02, 0x81, 0x0000, 0, "0f", "0f", "data"},
                              {"write data block", 0x12, 0x82, 0x0040, 32, "0f", "00", "00"},
                              {"write data word", 0x12, 0x02, 0x0040, 4, "0f", "0f", "00"},
                              {"write slot that is never written", 0x12, 0x82, 0x0010, 32, "0f", "00", "0f"},
                              {"write private slot", 0x12, 0x82, 0x0000, 32, "0f", "0f", "0f"},
                              {"write OTP", 0x12, 0x81, 0x0000, 32, "0f", "00", "0f"},
                              {"GenKey create", 0x40, 0x04, 0x0001, 0, "0f", "data", "data"},
                              {"GenKey public", 0x40, 0x00, 0x0000, 0, "0f", "data", "data"},
                              {"GenKey public of an empty slot", 0x40, 0x00, 0x0001, 0, "0f", "0f", "0f"},
                              {"GenKey create in a data slot", 0x40, 0x04, 0x0008, 0, "0f", "0f", "0f"},
                              {"Lock data", 0x17, 0x81, 0x0000, 0, "0f", "00", "0f"},
                              {"Lock config", 0x17, 0x80, 0x0000, 0, "00", "0f", "0f"},
                              {"Lock slot 0", 0x17, 0x02, 0x0000, 0, "0f", "0f", "00"},
                              {"Info KeyValid", 0x30, 0x01, 0x0000, 0, "0f", "data", "data"},
                              {"write OTP word", 0x12, 0x01, 0x0000, 4, "0f", "0f", "0f"},
                              {"Counter", 0x24, 0x01, 0x0000, 0, "0f", "data", "data"}};
  for (const Row& row : rows)
    for (const auto& [locks, expected] :
         {std::pair(Locks::none, row.none), {Locks::config, row.config}, {Locks::both, row.both}}) {
      Bench bench(with_locks(jwt1(Part::atecc608b, true), locks));
      EXPECT_EQ(outcome(bench.run(row.opcode, row.p1, row.p2, Bytes(row.data, 0x00))), expected)
          << row.what << ", locks " << static_cast<int>(locks);
    }
}

TEST(Atecc608CommandsTest, SignAndVerifyWantALockedConfiguration) {
  for (const Locks locks : {Locks::none, Locks::config, Locks::both}) {
    Bench bench(with_locks(jwt1(Part::atecc608b, true), locks));
    bench.run(0x16, 0x43, 0, digest);
    EXPECT_EQ(bench.run(0x41, 0xA0, 0).size(), locks == Locks::none ? 1U : 64U);
  }
}

TEST(Atecc608CommandsTest, InfoNamesThePart) {
  EXPECT_EQ(Bench(blank(Part::atecc508a)).run(0x30, 0, 0), bytes("00005000"));
  EXPECT_EQ(Bench(blank(Part::atecc608a)).run(0x30, 0, 0), bytes("00006002"));
  EXPECT_EQ(Bench(blank(Part::atecc608b)).run(0x30, 0, 0), bytes("00006003"));
  Bench bench(jwt1(Part::atecc608a, true));
  bench.wake();
  EXPECT_EQ(bench.exchange(bytes("07300000 00035D")), bytes("07000060 028038"));
  EXPECT_EQ(bench.exchange(bytes("07300200 0000D8")), bytes("07000000 0003AD"));
}

TEST(Atecc608CommandsTest, InfoTellsWhichSlotsHaveAKeyAndWhatTempKeyHolds) {
  Bench bench(jwt1(Part::atecc608b, true));
  EXPECT_EQ(bench.run(0x30, 1, 0), bytes("01000000"));
  EXPECT_EQ(bench.run(0x30, 1, 1), bytes("00000000"));
  bench.run(0x16, 0x03, 0, digest);
  EXPECT_EQ(bench.run(0x30, 2, 0), bytes("10800000"));
  bench.run(0x16, 0x00, 0, Bytes(20));
  EXPECT_EQ(bench.run(0x30, 2, 0), bytes("00800000"));
}

TEST(Atecc608CommandsTest, RandomIsAPatternUntilTheConfigurationIsLocked) {
  Bench open(blank(Part::atecc608b));
  open.wake();
  const Bytes frame = open.exchange(bytes("071B0000 0024CD"));
  EXPECT_EQ(hex(frame), "23ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000411a");
  EXPECT_EQ(hex(open.run(0x16, 0, 0, Bytes(20))).substr(0, 16), "ffff0000ffff0000");
  Bench locked(jwt1(Part::atecc608b, true));
  EXPECT_NE(locked.run(0x1B, 0, 0), locked.run(0x1B, 0, 0));
}

TEST(Atecc608CommandsTest, SignaturesVerifyWithOpenSsl) {
  for (const Part part : {Part::atecc508a, Part::atecc608a, Part::atecc608b}) {
    Bench bench(jwt1(part, true));
    const Bytes point = bench.run(0x40, 0, 0);
    ASSERT_EQ(point.size(), 64U);
    ASSERT_EQ(bench.run(0x16, 0x03, 0, digest), Bytes{done});
    const Bytes signature = bench.run(0x41, 0x80, 0);
    ASSERT_EQ(signature.size(), 64U);
    EXPECT_TRUE(openssl_verifies(point, digest, signature));
    EXPECT_FALSE(openssl_verifies(point, Bytes(32, 0x5B), signature));
  }
}

TEST(Atecc608CommandsTest, ASignatureUsesTheDigestUp) {
  Bench bench(jwt1(Part::atecc608b, true));
  bench.run(0x16, 0x43, 0, digest);
  EXPECT_EQ(bench.run(0x41, 0xA0, 0).size(), 64U);
  EXPECT_EQ(bench.run(0x41, 0xA0, 0), Bytes{not_now});
}

TEST(Atecc608CommandsTest, ARefusedSignatureUsesTheDigestUpAsWell) {
  Bench bench(jwt1(Part::atecc608b, true));
  bench.run(0x16, 0x43, 0, digest);
  EXPECT_EQ(bench.run(0x41, 0xA0, 1), Bytes{not_now}) << "no key there";
  EXPECT_EQ(bench.run(0x41, 0xA0, 0), Bytes{not_now}) << "whoever tries another slot loads the digest again";
}

TEST(Atecc608CommandsTest, VerifyTellsGoodFromBad) {
  Bench bench(jwt1(Part::atecc608b, true));
  Bytes data = [&] {
    bench.run(0x16, 0x43, 0, digest);
    return bench.run(0x41, 0xA0, 0);
  }();
  const Bytes point = bench.run(0x40, 0, 0);
  data.insert(data.end(), point.begin(), point.end());
  bench.alone(0x16, 0x03, 0, digest);
  bench.run(0x16, 0x03, 0, digest);
  EXPECT_EQ(bench.run(0x45, 0x02, 4, data), Bytes{done});
  EXPECT_EQ(bench.run(0x45, 0x02, 4, data), Bytes{not_now});
  bench.sleep();
  bench.run(0x16, 0x43, 0, digest);
  data[40] ^= 1;
  EXPECT_EQ(bench.run(0x45, 0x22, 4, data), Bytes{no_match});
  data[127] ^= 1;  // off the curve
  bench.run(0x16, 0x43, 0, digest);
  EXPECT_EQ(bench.run(0x45, 0x22, 4, data), Bytes{ecc_failed});
}

struct Rule {
  const char* what;
  unsigned slot_config, key_config;
  const char *create, *show, *sign;
};

TEST(Atecc608CommandsTest, SlotsObeyTheirConfiguration) {
  for (const Rule& rule :
       {Rule{"jwt-1", 0x2081, 0x0033, "data", "data", "data"},
        {"no external signature", 0x2082, 0x0033, "data", "data", "0f"},
        {"no GenKey", 0x0081, 0x0033, "0f", "data", "data"},
        {"only PrivWrite", 0x4081, 0x0033, "0f", "data", "data"},
        {"public key kept back", 0x2081, 0x0031, "data", "0f", "data"},
        {"needs a random nonce, which hinders none of these", 0x2081, 0x0073, "data", "data", "data"},
        {"needs authorization", 0x2081, 0x00B3, "0f", "0f", "0f"},
        {"not private", 0x2081, 0x0032, "0f", "0f", "0f"},
        {"not P-256", 0x2081, 0x003F, "0f", "0f", "0f"},
        {"disabled without the latch", 0x2081, 0x1033, "0f", "0f", "0f"}}) {
    State state = jwt1(Part::atecc608b, true);
    set_slot(state, 0, rule.slot_config, rule.key_config);
    Bench bench(state);
    bench.run(0x16, 0x43, 0, digest);
    EXPECT_EQ(outcome(bench.run(0x41, 0xA0, 0)), rule.sign) << rule.what;
    EXPECT_EQ(outcome(bench.run(0x40, 0x00, 0)), rule.show) << rule.what;
    EXPECT_EQ(outcome(bench.run(0x40, 0x04, 0)), rule.create) << rule.what;
  }
}

TEST(Atecc608CommandsTest, ADisabledKeyWorksWhileTheLatchIsSet) {
  for (const Part part : {Part::atecc508a, Part::atecc608b}) {
    State state = jwt1(part, true);
    set_slot(state, 0, 0x2081, 0x1033);
    EXPECT_EQ(outcome(Bench(state).run(0x40, 0x00, 0)), "0f");
    state.latch = true;
    EXPECT_EQ(outcome(Bench(state).run(0x40, 0x00, 0)), "data");
  }
}

TEST(Atecc608CommandsTest, ALockedSlotKeepsItsKeyAndStillSigns) {
  Bench bench(jwt1(Part::atecc608b, true));
  const Bytes point = bench.run(0x40, 0, 0);
  EXPECT_EQ(bench.run(0x17, 0x02, 0), Bytes{done});
  EXPECT_EQ(bench.run(0x17, 0x02, 0), Bytes{not_now});
  EXPECT_EQ(bench.run(0x40, 4, 0), Bytes{not_now});
  EXPECT_EQ(bench.run(0x40, 0, 0), point);
  bench.sleep();
  bench.run(0x16, 0x43, 0, digest);
  EXPECT_EQ(bench.run(0x41, 0xA0, 0).size(), 64U);
  EXPECT_EQ(bench.run(0x02, 0, 0x16), bytes("feff0000"));
}

TEST(Atecc608CommandsTest, ASlotThatIsNotLockableStaysOpen) {
  State state = jwt1(Part::atecc608b, true);
  set_slot(state, 0, 0x2081, 0x0013);
  EXPECT_EQ(Bench(state).run(0x17, 0x02, 0), Bytes{not_now});
}

TEST(Atecc608CommandsTest, LimitedUseCountsUpToTheEnd) {
  State state = jwt1(Part::atecc608b, true);
  set_slot(state, 0, 0x20A1, 0x0033);
  state.counters[0] = 2097150;
  Bench bench(state);
  bench.run(0x16, 0x43, 0, digest);
  EXPECT_EQ(bench.run(0x41, 0xA0, 0).size(), 64U);
  EXPECT_EQ(bench.run(0x24, 0, 0), bytes("ffff1f00"));
  EXPECT_EQ(bench.run(0x24, 1, 0), Bytes{not_now});
  bench.run(0x16, 0x43, 0, digest);
  EXPECT_EQ(bench.run(0x41, 0xA0, 0), Bytes{not_now});
}

TEST(Atecc608CommandsTest, LockingTheConfigurationTakesThePublishedSum) {
  Bench bench(with_locks(jwt1(Part::atecc608b, false), Locks::none));
  EXPECT_EQ(bench.run(0x02, 0, 0x15), bytes("00005555"));
  EXPECT_EQ(bench.run(0x17, 0x00, 0xF7A3), Bytes{not_now});
  EXPECT_EQ(bench.run(0x17, 0x00, 0xF7A2), Bytes{done});  // A2 F7 on the wire
  EXPECT_EQ(bench.run(0x02, 0, 0x15), bytes("00005500"));
  EXPECT_EQ(bench.run(0x17, 0x01, 0x0439), Bytes{not_now});
  EXPECT_EQ(bench.run(0x17, 0x01, 0x0438), Bytes{done});  // 38 04: 1200 bytes of FF
  EXPECT_EQ(bench.run(0x02, 0, 0x15), bytes("00000000"));
}

TEST(Atecc608CommandsTest, ShaOfAbcIsThePublishedOne) {
  Bench bench(jwt1(Part::atecc608b, false));
  bench.wake();
  EXPECT_EQ(bench.exchange(bytes("07470000 002E85")), bytes("04000340"));
  EXPECT_EQ(hex(bench.exchange(bytes("0A470203 0061626370 53"))).substr(2, 64),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(bench.run(0x47, 2, 0), Bytes{not_now});
}

TEST(Atecc608CommandsTest, ShaTakesBlocksAndAnotherCommandEndsIt) {
  Bench bench(jwt1(Part::atecc608b, false));
  bench.run(0x47, 0, 0);
  EXPECT_EQ(bench.run(0x47, 1, 64, Bytes(64, 'a')), Bytes{done});
  const auto expected = sha256(Bytes(65, 'a'));
  EXPECT_EQ(bench.run(0x47, 0xC2, 1, Bytes(1, 'a')), Bytes(expected.begin(), expected.end()));
  bench.run(0x47, 0, 0);
  bench.run(0x30, 0, 0);
  EXPECT_EQ(bench.run(0x47, 1, 64, Bytes(64)), Bytes{not_now});
}

TEST(Atecc608CommandsTest, The508HasNoneOfThe608sModes) {
  Bench bench(jwt1(Part::atecc508a, true));
  for (const Bytes& payload :
       {bench.run(0x16, 0x43, 0, digest), bench.run(0x16, 0x23, 0, Bytes(64)), bench.run(0x41, 0xA0, 0),
        bench.run(0x77, 0x3B, 0), bench.run(0x16, 0, 0x8000, Bytes(20))})
    EXPECT_EQ(payload, Bytes{parse_error});
  Bench other(jwt1(Part::atecc608b, true));
  EXPECT_EQ(other.run(0x77, 0x3B, 0), Bytes{done});
  EXPECT_EQ(other.run(0x77, 0x04, 0), Bytes{parse_error}) << "no test has this bit";
  EXPECT_EQ(other.run(0x16, 0x63, 0, Bytes(64)), Bytes{done});
}

TEST(Atecc608CommandsTest, OnlyThe508ConsumesItsOtpZone) {
  const Bytes fewer(32, 0x0F), more(32, 0x1F);
  for (const auto& [part, mode, expected] :
       {std::tuple(Part::atecc508a, 0x55, done), {Part::atecc508a, 0xAA, not_now}, {Part::atecc608b, 0x55, not_now}}) {
    State state = jwt1(part, true);  // OTP is all ones
    state.config[18] = static_cast<std::uint8_t>(mode);
    Bench bench(state);
    EXPECT_EQ(bench.run(0x12, 0x81, 0x0000, fewer), Bytes{expected});
    EXPECT_EQ(bench.run(0x12, 0x81, 0x0000, more), Bytes{not_now}) << "a bit is never set again";
  }
}

TEST(Atecc608CommandsTest, WhatIsNotSimulatedIsAParseError) {
  Bench bench(jwt1(Part::atecc608b, true));
  for (const std::uint8_t opcode : {0x43, 0x46, 0x15, 0x08, 0x28, 0x1C, 0x51, 0x56, 0x80, 0x11, 0x01, 0x99})
    EXPECT_EQ(bench.alone(opcode, 0, 0), Bytes{parse_error}) << int{opcode};
  EXPECT_EQ(bench.run(0x41, 0x00, 0), Bytes{parse_error}) << "internal signature";
  EXPECT_EQ(bench.run(0x30, 0, 1), Bytes{parse_error});
  EXPECT_EQ(bench.run(0x02, 0x80, 0x0001), Bytes{parse_error}) << "32 bytes from the middle of a block";
  EXPECT_EQ(bench.run(0x02, 0x00, 0x0020), Bytes{parse_error}) << "beyond the zone";
  EXPECT_EQ(bench.run(0x02, 0x82, 0x0248), Bytes{parse_error}) << "the short last block of slot 9";
}

TEST(Atecc608CommandsTest, TheShortLastBlockIsWrittenWithZerosBehindIt) {
  Bench bench(jwt1(Part::atecc608b, true));
  Bytes block(32);
  std::fill_n(block.begin(), 8, std::uint8_t{0xAB});
  EXPECT_EQ(bench.run(0x12, 0x82, 0x0248, block), Bytes{done});
  EXPECT_EQ(bench.run(0x02, 0x02, 0x0249), bytes("abababab"));
  block[8] = 1;
  EXPECT_EQ(bench.run(0x12, 0x82, 0x0248, block), Bytes{parse_error});
}

TEST(Atecc608CommandsTest, TheRandomNonceIsHashedIntoTempKey) {
  Bench bench(jwt1(Part::atecc608b, true));
  const Bytes input(20, 7), drawn = bench.run(0x16, 0, 0, input), point = bench.run(0x40, 0, 0);
  Bytes message = drawn;
  message.insert(message.end(), input.begin(), input.end());
  message.insert(message.end(), {0x16, 0x00, 0x00});
  EXPECT_TRUE(openssl_verifies(point, sha256(message), bench.run(0x41, 0x80, 0)));
}

}  // namespace
}  // namespace vouchgate::emulator::atecc608
