// A chip's configuration as text: the shipped example is the recommended bytes, every zone survives printing and
// reading, every mistake has its place.
#include "vouchgate/config/chip_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "atecc608_zones.hpp"

namespace vouchgate::config {
namespace {

using atecc608::Part;
using atecc608::Zone;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string example = VOUCHGATE_SOURCE_DIR "/config/examples/atecc608-jwt-1.yaml";

std::vector<std::string> texts(const ChipConfig& loaded) {
  std::vector<std::string> out;
  for (const Mistake& mistake : loaded.mistakes) out.push_back(mistake.text());
  return out;
}
Zone without_own_bytes(const Zone& zone) { return atecc608::on_chip(zone, Zone{}); }

// All slots but those that `lines` gives, as data.
std::string with_slots(const std::string& head, const std::string& lines) {
  std::string text = head + "slots:\n" + lines;
  for (int number = 0; number < 16; ++number)
    if (lines.find("  " + std::to_string(number) + ":") == std::string::npos)
      text += "  " + std::to_string(number) + ": {key_type: other}\n";
  return text;
}
const std::string head = "part: atecc608\naddress: 0x60\n";

TEST(ChipConfig, the_shipped_example_is_the_recommended_configuration) {
  const ChipConfig loaded = load_chip_config(example);
  EXPECT_THAT(texts(loaded), IsEmpty());
  EXPECT_EQ(loaded.part, Part::atecc608);
  EXPECT_EQ(hex(atecc608::on_chip(loaded.zone, test::jwt_1())), hex(test::jwt_1()));
}

TEST(ChipConfig, every_known_zone_survives_printing_and_reading) {
  for (const Zone& zone :
       {test::jwt_1(), test::factory_608a(), test::factory_508a(), test::trustflex(), test::trust_and_go()}) {
    const std::string text = print_chip_config(zone);
    const ChipConfig loaded = load_chip_config_text("chip.yaml", text);
    EXPECT_THAT(texts(loaded), IsEmpty()) << text;
    EXPECT_EQ(hex(loaded.zone), hex(without_own_bytes(zone))) << text;
    EXPECT_EQ(loaded.part, atecc608::part_of(zone));
  }
}

TEST(ChipConfig, any_slot_survives_printing_and_reading) {
  for (std::uint32_t bits = 0; bits <= 0xffff; bits += 257) {
    Zone zone = test::jwt_1();
    auto slot = atecc608::Slot::from(static_cast<std::uint16_t>(bits), static_cast<std::uint16_t>(bits * 31 + 7));
    slot.reserved = false;
    slot.key_type = slot.private_key ? atecc608::key_type_p256 : atecc608::key_type_aes;
    atecc608::put(zone, 5, slot);
    if (bits % 2 == 0) zone[88] = 0xdf;
    const ChipConfig loaded = load_chip_config_text("chip.yaml", print_chip_config(zone));
    ASSERT_THAT(texts(loaded), IsEmpty());
    ASSERT_EQ(hex(loaded.zone), hex(without_own_bytes(zone))) << bits;
  }
}

// What is printed is read as the same zone, or refused with a reason; never as another one.
TEST(ChipConfig, no_zone_is_read_as_another_one) {
  std::mt19937 random(608);
  int usable = 0;
  for (int round = 0; round < 400; ++round) {
    Zone zone = round % 2 == 0 ? test::jwt_1() : test::factory_508a();
    std::generate(zone.begin() + 16, zone.end(), [&] { return static_cast<std::uint8_t>(random()); });
    if (round % 4 < 2) {  // else anything goes
      zone[16] |= 0x20, zone[16] &= 0x7f, zone[17] = 0;
      for (unsigned number = 0; number < atecc608::slots; ++number) {
        atecc608::Slot slot = atecc608::slot_of(zone, number);
        slot.reserved = false;
        slot.key_type = slot.private_key || number % 2 == 0 ? atecc608::key_type_p256 : atecc608::key_type_aes;
        atecc608::put(zone, number, slot);
      }
    }
    for (const std::size_t lock : {86u, 87u}) zone[lock] = random() % 2 == 0 ? 0x55 : 0x00;
    for (const std::string& text : {print_chip_config(zone), hex(zone)}) {
      const ChipConfig loaded = load_chip_config_text("chip", text);
      usable += loaded.mistakes.empty() ? 1 : 0;
      ASSERT_TRUE(!loaded.mistakes.empty() || loaded.zone == without_own_bytes(zone)) << text << hex(loaded.zone);
    }
  }
  EXPECT_GE(usable, 400);
}

TEST(ChipConfig, what_is_printed_says_what_a_slot_is_for) {
  const std::string text = print_chip_config(test::jwt_1());
  EXPECT_THAT(text, HasSubstr("# Configuration zone of ATECC608B, serial number 0123112233445566ee"));
  EXPECT_THAT(text,
              HasSubstr("  # private key, signs the host's digests, GenKey makes it, can be locked (8120 3300)\n"
                        "  0: {private: true, key_type: p256, external_sign: true, secret: true, write_config: 2, "
                        "public_info: true, lockable: true}\n"));
  EXPECT_THAT(print_chip_config(test::trustflex()),
              HasSubstr("  # private key, signs the host's digests, key agreement, only while the latch is set (8500 "
                        "5310)\n"));
  EXPECT_THAT(text, HasSubstr("  # data, never read, never written (8f8f 1c00)\n  2: {"));
  EXPECT_THAT(text, HasSubstr("  # data, read in clear, written in clear, can be locked (0f0f 3c00)\n  8: {"));
}

TEST(ChipConfig, all_mistakes_come_at_once_with_line_and_column_and_hints) {
  const std::string text =
      "part: atecc608\naddress: 0xc0\nchip_mod: 0\ncounter_0: 00\nslots:\n  0: {private: true, secrt: true}\n"
      "  1: {key_type: p265}\n  1: {}\n  2: {write_key: 16}\n";
  EXPECT_THAT(
      texts(load_chip_config_text("c.yaml", text)),
      ElementsAre(
          "c.yaml:2:10: address: '0xc0' is an 8-bit address\n  hint: write 0x60: the 7-bit form",
          "c.yaml:3:1: chip_mod: unknown key\n  hint: did you mean 'chip_mode'?",
          "c.yaml:4:12: counter_0: must be 16 hexadecimal digits in lower case",
          "c.yaml:6:3: slots: slots 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 are missing\n  hint: every slot "
          "must be given, 0 to 15",
          "c.yaml:6:22: slots.0.secrt: unknown key\n  hint: did you mean 'secret'?",
          "c.yaml:7:17: slots.1.key_type: 'p265' is not one of 0, 1, 2, 3, p256, 5, aes, other\n  hint: did you "
          "mean 'p256'?",
          "c.yaml:8:3: slots.1: given twice (first at 7:3)",
          "c.yaml:9:18: slots.2.write_key: 16 is not within 0 to 15"));
}

struct Wrong {
  std::string text, mistake;
};

TEST(ChipConfig, what_no_chip_has_is_refused) {
  for (const Wrong& wrong : {
           Wrong{"", "part: must be set"},
           Wrong{with_slots("part: atecc608\n", ""), "address: must be set"},
           Wrong{with_slots("part: atecc608\naddress: 0x6a\n", ""), "write 0x35"},
           Wrong{with_slots("part: atecc608\naddress: 7\n", ""), "7 is not within 0x8 to 0x77"},
           Wrong{with_slots(head + "otp_mode: 0xaa\n", ""), "otp_mode: unknown key"},
           Wrong{with_slots("part: atecc508a\naddress: 0x60\ncount_match: 0\n", ""), "count_match: unknown key"},
           Wrong{with_slots(head + "byte_17: 1\n", ""), "byte_17: is reserved and must be 0"},
           Wrong{with_slots(head, "  3: {}\n"), "slots.3.key_type: must be p256, aes or other; 0 is reserved"},
           Wrong{with_slots(head, "  3: {private: true, key_type: aes}\n"), "slots.3.key_type: a private key is p256"},
           Wrong{with_slots(head, "  3: {key_type: other, ecdh: true}\n"), "slots.3.private: must be true"},
           Wrong{with_slots(head, "  3: {private: true, key_type: p256, read_key: 1}\n"),
                 "slots.3.read_key: is for data"},
           Wrong{with_slots(head, "  16: {}\n"), "slots.16: unknown key"},
           Wrong{with_slots(head + "chip_mode: 010\n", ""), "chip_mode: '010' has a leading zero"},
           Wrong{with_slots(head + "chip_mode: -1\n", ""), "chip_mode: '-1'"},
           Wrong{with_slots(head + "chip_mode: 0x100\n", ""), "chip_mode: 0x100 is not within 0x0 to 0xff"},
           Wrong{with_slots(head + "chip_mode: 18446744073709551616\n", ""), "chip_mode:"},
           Wrong{with_slots(head + "chip_mode: [0]\n", ""), "chip_mode: must be a number"},
           Wrong{with_slots(head + "chip_mode:\n", ""), "chip_mode: has no value"},
           Wrong{with_slots(head + "x509_format: 0000000\n", ""), "x509_format: must be 8 hexadecimal digits"},
           Wrong{with_slots(head, "  3: &a {key_type: other}\n  4: *a\n"), "aliases are not read here"},
           Wrong{with_slots(head, "  3: {key_type: other, private: yes}\n"), "'yes' is not one of true, false"},
           Wrong{with_slots(head, "  3: other\n"), "slots.3: must be a section of keys"},
           Wrong{with_slots(head, "  03: {key_type: other}\n"), "slots.03: unknown key"},
           Wrong{with_slots(head + "slots: {0: {}}\n", ""), "slots: given twice"},
           Wrong{head + "slots: " + std::string(10'000, '{'), "c.yaml"},
           Wrong{head + "slots: " + std::string(10'000, '['), "c.yaml"},
           Wrong{with_slots(head + "# \xff\n", ""), "is not UTF-8 text"},
           Wrong{with_slots(head, "") + "---\n" + with_slots(head, ""), "second '---'"},
           Wrong{with_slots(head + "# " + std::string(1'100'000, '.') + "\n", ""), "larger than 1 MiB"},
           Wrong{"- 1\n- x: 2\n", "must be a mapping"},
           Wrong{"slots:\n", "every slot must be given"},
       })
    EXPECT_THAT(texts(load_chip_config_text("c.yaml", wrong.text)), testing::Contains(HasSubstr(wrong.mistake)))
        << wrong.text;
}

TEST(ChipConfig, an_atecc508a_has_its_own_defaults) {
  const ChipConfig loaded =
      load_chip_config_text("c.yaml", with_slots("part: atecc508a\naddress: 0x60\notp_mode: 0xaa\n", ""));
  EXPECT_THAT(texts(loaded), IsEmpty());
  EXPECT_EQ(loaded.zone[18], 0xaa);
  EXPECT_EQ(hex(ByteView(loaded.zone).subspan(68, 16)), std::string(32, 'f')) << "LastKeyUse";
}

TEST(ChipConfig, hexadecimal_text_is_taken_as_other_tools_dump_it) {
  const std::string plain = hex(test::jwt_1());
  std::string c_array = "# dump\n", dump;
  for (std::size_t i = 0; i < plain.size(); i += 2) {
    c_array += "0x" + plain.substr(i, 2) + (i % 32 == 30 ? ",\n" : ", ");
    dump += plain.substr(i, 2) + (i % 32 == 30 ? "\n" : " ");
  }
  for (const std::string& text : {plain, plain + "\n", dump, c_array}) {
    const ChipConfig loaded = load_chip_config_text("c.hex", text);
    EXPECT_THAT(texts(loaded), IsEmpty());
    EXPECT_EQ(hex(loaded.zone), hex(without_own_bytes(test::jwt_1())));
    EXPECT_EQ(loaded.part, Part::atecc608);
  }
  const ChipConfig bare = load_chip_config_text("c.hex", std::string(32, '0') + plain.substr(32));
  EXPECT_THAT(texts(bare), IsEmpty());
  EXPECT_EQ(bare.part, Part::unknown) << "nothing says which part it was written for";
}

// A published constant once had a 20 between its bytes, and was locked into chips.
TEST(ChipConfig, a_damaged_blob_is_refused) {
  const std::string good = hex(test::jwt_1());
  const auto mistakes = [](const std::string& text) { return texts(load_chip_config_text("c.hex", text)); };
  EXPECT_THAT(mistakes(good.substr(2)), ElementsAre("c.hex: has 254 hexadecimal digits; a configuration zone has 256"));
  std::string shifted = good;
  shifted.insert(2 * 40, "20");
  EXPECT_THAT(mistakes(shifted), ElementsAre("c.hex: has 258 hexadecimal digits; a configuration zone has 256"));
  shifted.resize(256);
  EXPECT_THAT(mistakes(shifted), testing::Contains(HasSubstr("c.hex: slots.0.key_type: must be p256, aes or other")));
  EXPECT_THAT(mistakes(good.substr(4) + "0000"), testing::Contains(HasSubstr("does not begin with 01 23")));
  std::string lock = good;
  lock.replace(2 * 86, 2, "20");
  EXPECT_THAT(mistakes(lock),
              ElementsAre("c.hex: byte 86 is 0x20, where a chip has 55 or 00\n  hint: the text is shifted, "
                          "damaged or of something else"));
  EXPECT_THAT(mistakes("c0\n  g"), ElementsAre("c.hex:2:3: 'g' is not a hexadecimal digit"));
  std::string halves = good;
  halves.insert(2 * 40 + 1, " ");
  EXPECT_THAT(mistakes(halves), ElementsAre("c.hex:1:81: half a byte stands alone"));
  halves.replace(2 * 40 + 1, 1, "0x");
  EXPECT_THAT(mistakes(halves), ElementsAre("c.hex:1:83: 'x' is not a hexadecimal digit"));
  EXPECT_THAT(mistakes("01 2"), ElementsAre("c.hex:1:4: half a byte stands alone"));
}

TEST(ChipConfig, a_file_that_is_not_there_says_where_to_get_one) {
  EXPECT_THAT(
      texts(load_chip_config("/nonexistent/chip.yaml")),
      ElementsAre("/nonexistent/chip.yaml: No such file or directory\n  hint: 'vouchgate atecc config show' prints "
                  "the chip's own to start from"));
}

TEST(ChipConfig, fields_of_two_zones_differ_where_the_zones_do) {
  const auto ours = chip_fields(test::jwt_1());
  const auto theirs = chip_fields(test::factory_608a());
  ASSERT_EQ(ours.size(), theirs.size());
  std::vector<std::string> differ;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    EXPECT_EQ(ours[i].key, theirs[i].key);
    if (ours[i].value != theirs[i].value) differ.push_back(ours[i].key);
  }
  EXPECT_THAT(differ, ElementsAre("slots.0", "slots.1", "slots.2", "slots.3", "slots.6", "slots.7", "slots.8",
                                  "slots.9", "slots.10", "slots.11", "slots.12", "slots.13", "slots.14", "slots.15"));
}

}  // namespace
}  // namespace vouchgate::config
