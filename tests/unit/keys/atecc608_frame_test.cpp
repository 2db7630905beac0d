// Packets and answers against vectors of the public data sheets and of other open drivers. Needs no chip.
#include <gmock/gmock.h>

#include "keys/atecc608/frame.hpp"
#include "keys/atecc608/status.hpp"
#include "keys/atecc608/timing.hpp"

namespace vouchgate::keys::atecc608 {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string sent(const Command& command) { return hex(packet(command)); }

TEST(Atecc608Frame, commands_are_the_bytes_that_other_drivers_send) {
  EXPECT_EQ(sent({Opcode::info, 0x00, 0, {}, 4}),
            "03"
            "07300000"
            "00035d");
  EXPECT_EQ(sent({Opcode::info, 0x02, 0, {}, 4}),
            "03"
            "07300200"
            "0000d8");
  EXPECT_EQ(sent({Opcode::read, 0x80, 0x0000, {}, 32}),
            "03"
            "07028000"
            "0009ad");
  EXPECT_EQ(sent({Opcode::read, 0x80, 0x0018, {}, 32}),
            "03"
            "07028018"
            "0009fd");
  EXPECT_EQ(sent({Opcode::read, 0x00, 0x0015, {}, 4}),
            "03"
            "07020015"
            "00175d");
  EXPECT_EQ(sent({Opcode::generate_key, 0x04, 0, {}, 64}),
            "03"
            "07400400"
            "008387");
  EXPECT_EQ(sent({Opcode::generate_key, 0x00, 0, {}, 64}),
            "03"
            "07400000"
            "000005");
  EXPECT_EQ(sent({Opcode::sign, 0x80, 0, {}, 64}),
            "03"
            "07418000"
            "002805");
  EXPECT_EQ(sent({Opcode::sign, 0xA0, 0, {}, 64}),
            "03"
            "0741a000"
            "007b85");
  EXPECT_EQ(sent({Opcode::lock, 0x80, 0, {}, 1}),
            "03"
            "07178000"
            "00398d");
  EXPECT_EQ(sent({Opcode::lock, 0x3E, 0, {}, 1}),
            "03"
            "07173e00"
            "001d8b");
  Bytes count(32);
  for (std::size_t i = 0; i < count.size(); ++i) count[i] = static_cast<std::uint8_t>(i);
  EXPECT_EQ(sent({Opcode::nonce, 0x03, 0, count, 1}),
            "0327160300"
            "00" +
                hex(count) + "04ee");
  EXPECT_EQ(sent({Opcode::nonce, 0x43, 0, count, 1}),
            "0327164300"
            "00" +
                hex(count) + "d76c");
}

Answer read(const std::string& text, std::size_t expected) { return read_answer(*from_hex(text), expected); }

TEST(Atecc608Frame, answers_are_told_from_statuses_and_from_noise) {
  const Answer revision = read("07000060028038", 4);
  EXPECT_EQ(revision.kind, Answer::Kind::payload);
  EXPECT_EQ(hex(revision.payload), "00006002");
  EXPECT_EQ(hex(read("0700006003"
                     "83bb",
                     4)
                    .payload),
            "00006003");
  EXPECT_EQ(hex(read("0700005000"
                     "0391",
                     4)
                    .payload),
            "00005000");
  // A status where data was expected leaves FF behind it.
  const Answer refused = read("040f2342ffffff", 4);
  EXPECT_EQ(refused.kind, Answer::Kind::status);
  EXPECT_EQ(refused.status, 0x0F);
  for (const char* noise : {"", "04", "0411", "041133", "04113344", "ffffffff", "00000000",
                            "0300"
                            "0000",
                            "07000060028039", "07000060028138", "0700006002", "0800006002ff8038"})
    EXPECT_EQ(read(noise, 4).kind, Answer::Kind::garbled) << noise;
  EXPECT_EQ(read("07000060028038", 32).kind, Answer::Kind::garbled) << "an answer to another command";
}

TEST(Atecc608Frame, each_status_frame_is_read) {
  for (const char* frame : {"04000340", "040100c3", "04038342", "0405c343", "040740c2", "040860c0", "040f2342",
                            "04113343", "04ee3141", "04ff0142"}) {
    const Answer answer = read(frame, 1);
    EXPECT_EQ(answer.kind, Answer::Kind::status) << frame;
    EXPECT_EQ(hex(ByteView(&answer.status, 1)), std::string(frame).substr(2, 2));
  }
}

TEST(Atecc608Status, says_what_it_means_and_the_name_that_people_search_for) {
  const Error refused = error_of(0x0F, "/dev/i2c-1 0x60", "Sign");
  EXPECT_THAT(refused.line(), StartsWith("key: /dev/i2c-1 0x60: Sign: the chip refuses it in its present state"));
  EXPECT_THAT(refused.line(), HasSubstr("(status 0x0F, ATCA_EXECUTION_ERROR 0xF4)"));
  EXPECT_EQ(refused.code, Code::unsupported);
  EXPECT_THAT(error_of(0x11, "x", "Sign").line(), HasSubstr("ATCA_WAKE_SUCCESS 0xF3"));
  EXPECT_THAT(error_of(0x03, "x", "Sign").line(), HasSubstr("ATCA_PARSE_ERROR 0xD2"));
  EXPECT_THAT(error_of(0x77, "x", "Sign").line(), HasSubstr("unknown status 0x77"));
  EXPECT_THAT(wake_failed("x").line(), HasSubstr("ATCA_WAKE_FAILED 0xD0"));
  for (const int status : {0x01, 0x03, 0x05, 0x07, 0x08, 0x0F, 0x11, 0xEE, 0xFF, 0x42})
    EXPECT_FALSE(error_of(static_cast<std::uint8_t>(status), "x", "Sign").reason.empty()) << status;
}

TEST(Atecc608Status, only_what_may_pass_is_tried_again) {
  for (const int status : {0x01, 0x03, 0x07, 0x0F, 0x42}) EXPECT_EQ(tries_left(static_cast<std::uint8_t>(status)), 0);
  for (const int status : {0x05, 0x08}) EXPECT_EQ(tries_left(static_cast<std::uint8_t>(status)), 1) << status;
  for (const int status : {0x11, 0xEE, 0xFF}) EXPECT_EQ(tries_left(static_cast<std::uint8_t>(status)), 2) << status;
}

TEST(Atecc608Timing, follows_part_and_clock_divider) {
  using std::chrono::milliseconds;
  vouchgate::atecc608::Zone zone{};
  zone[6] = 0x60;
  EXPECT_EQ(speed_of(zone), Speed::m0);
  zone[19] = 0x28;
  EXPECT_EQ(speed_of(zone), Speed::m1);
  zone[19] = 0x68;
  EXPECT_EQ(speed_of(zone), Speed::m2);
  zone[19] = 0x6F;  // the lower bits are no part of the divider
  EXPECT_EQ(speed_of(zone), Speed::m2);
  zone[19] = 0x01;
  EXPECT_EQ(speed_of(zone), Speed::m0);
  zone[6] = 0x50;
  EXPECT_EQ(speed_of(zone), Speed::atecc508a);
  EXPECT_EQ(timing_of(Opcode::sign, Speed::atecc508a).most, milliseconds(60));
  EXPECT_EQ(timing_of(Opcode::sign, Speed::m0).most, milliseconds(115));
  EXPECT_EQ(timing_of(Opcode::sign, Speed::m2).most, milliseconds(665));
  for (const Opcode opcode :
       {Opcode::read, Opcode::write, Opcode::nonce, Opcode::lock, Opcode::info, Opcode::generate_key, Opcode::sign})
    for (const Speed speed : {Speed::atecc508a, Speed::m0, Speed::m1, Speed::m2})
      EXPECT_LT(timing_of(opcode, speed).first_look, timing_of(opcode, speed).most) << name_of(opcode);
}

}  // namespace
}  // namespace vouchgate::keys::atecc608
