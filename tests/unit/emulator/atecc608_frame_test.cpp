// The published checksums, packets and status frames of the chip. Never computes what it compares with.
#include "emulator/atecc608/frame.hpp"

#include <gtest/gtest.h>

#include "atecc608_bench.hpp"

namespace vouchgate::emulator::atecc608 {
namespace {

struct Sum {
  const char *input, *on_wire;
};

TEST(Atecc608FrameTest, ChecksumsAreThePublishedOnes) {
  for (const Sum& sum : {Sum{"", "0000"},
                         {"80", "0580"},
                         {"01", "0383"},
                         {"91", "3583"},
                         {"01020304", "f085"},
                         {"fffefd01", "2d0b"},
                         {"67c6697351ff4aec29cdbaabf2fbe346", "81a4"},
                         {"313233343536373839", "ddbc"}}) {
    const std::uint16_t value = checksum(bytes(sum.input));
    EXPECT_EQ(hex(Bytes{static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(value >> 8U)}), sum.on_wire);
  }
}

TEST(Atecc608FrameTest, StatusFramesAreThePublishedOnes) {
  for (const char* frame : {"04000340", "040100c3", "04038342", "0405c343", "04074 0c2", "040860c0", "040f2342",
                            "04113343", "04ee3141", "04ff0142"})
    EXPECT_EQ(framed(Bytes{bytes(frame)[1]}), bytes(frame)) << frame;
}

TEST(Atecc608FrameTest, PacketsAreThePublishedOnes) {
  for (const char* known :
       {"07300000 00035D", "07300200 0000D8", "071B0000 0024CD", "07028000 0009AD",        "07028008 000A4D",
        "07028010 000A1D", "07028018 0009FD", "07020015 00175D", "07020016 00185D",        "07400400 008387",
        "07400000 000005", "07418000 002805", "0741A000 007B85", "07178000 00398D",        "07178100 003A07",
        "07170200 002D88", "07173E00 001D8B", "07470000 002E85", "0A470203 0061626370 53", "07773B00 009DFB",
        "07240000 000CFD", "0720016A 000683"}) {
    const Bytes frame = bytes(known);
    const auto command = parse(frame);
    ASSERT_TRUE(command) << known;
    EXPECT_EQ(packet(command->opcode, command->p1, command->p2, command->data), frame) << known;
  }
}

TEST(Atecc608FrameTest, NoncePacketsAreThePublishedOnes) {
  Bytes digest(32);
  for (std::uint8_t i = 0; i < 32; ++i) digest[i] = i;
  EXPECT_EQ(hex(packet(0x16, 0x03, 0, digest)).substr(74), "04ee");
  EXPECT_EQ(hex(packet(0x16, 0x43, 0, digest)).substr(74), "d76c");
}

TEST(Atecc608FrameTest, AFlippedBitAnywhereSpoilsAPacket) {
  const Bytes good = bytes("0A470203 0061626370 53");
  for (std::size_t bit = 8; bit < 8 * good.size(); ++bit) {
    Bytes bad = good;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(parse(bad)) << bit;
  }
}

}  // namespace
}  // namespace vouchgate::emulator::atecc608
