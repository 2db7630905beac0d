// Every kind of line a child may send, good and bad. Never opens a socket.
#include "ingress/line.hpp"

#include <gtest/gtest.h>

namespace vouchgate::ingress {
namespace {

struct Bad {
  std::string line, id, error;
  Code code = Code::invalid;
};

class BadLine : public ::testing::TestWithParam<Bad> {};

TEST_P(BadLine, IsRefusedWithItsReason) {
  const auto parsed = parse_line(GetParam().line);
  ASSERT_FALSE(parsed.line.has_value());
  EXPECT_EQ(parsed.line.error().line(), GetParam().error);
  EXPECT_EQ(parsed.line.error().code, GetParam().code);
  EXPECT_EQ(parsed.id, GetParam().id);
}

std::string event(const std::string& fields) { return R"({"op":"event","id":"a",)" + fields + "}"; }

INSTANTIATE_TEST_SUITE_P(
    Table, BadLine,
    ::testing::Values(
        Bad{"", "", "line: is not JSON at byte 1"}, Bad{"{", "", "line: is not JSON at byte 2"},
        Bad{"[]", "", "line: is not a JSON object"}, Bad{"7", "", "line: is not a JSON object"},
        Bad{"\"x\"", "", "line: is not a JSON object"}, Bad{"{} {}", "", "line: is not JSON at byte 4"},
        Bad{"{}", "", "op: is missing"}, Bad{R"({"op":7})", "", "op: is not a string"},
        Bad{R"({"op":null})", "", "op: is not a string"}, Bad{R"({"op":{}})", "", "op: is not a string"},
        Bad{R"({"op":["x"]})", "", "op: is not a string"},
        Bad{R"({"id":"a","op":"fly"})", "a", "op: 'fly': is unknown"},
        Bad{R"({"op":"event","op":"event"})", "", "op: given twice"},
        Bad{R"({"x":1,"x":2,"op":"event"})", "", "x: given twice"},
        Bad{R"({"op":"event","id":"a","id":"b"})", "a", "id: given twice"},
        Bad{R"({"op":"event","id":7})", "", "id: is not a string"},
        Bad{R"({"op":"event","data":"","id":"\u0007"})", "", "id: is not at most 128 bytes of printable ASCII"},
        Bad{R"({"op":"event","data":"","id":")" + std::string(129, 'x') + "\"}", "",
            "id: is not at most 128 bytes of printable ASCII"},
        Bad{R"({"op":"hello"})", "", "device: is missing"},
        Bad{R"({"op":"hello","device":"pump/1"})", "", "device: 'pump/1': has '/', which a topic cannot carry"},
        Bad{R"({"op":"hello","device":"pump-1","ack":"never"})", "", "ack: is none of stored, delivered and both"},
        Bad{R"({"op":"hello","device":"pump-1","data":""})", "", "data: has no place in op hello"},
        Bad{event(R"("device":"pump+1","data":"")"), "a", "device: 'pump+1': has '+', which a topic cannot carry"},
        Bad{event(R"("device":"pump#1","data":"")"), "a", "device: 'pump#1': has '#', which a topic cannot carry"},
        Bad{event(R"("device":"a..b","data":"")"), "a", "device: 'a..b': has '..'"},
        Bad{event(R"("device":"a\u0000b","data":"")"), "a",
            "device: 'a\\x00b': has a NUL byte, which a topic cannot carry"},
        Bad{event(R"("subfolder":"a//b","data":"")"), "a", "subfolder: 'a//b': has an empty level"},
        Bad{event(R"("subfolder":"#","data":"")"), "a", "subfolder: '#': has '#', which a topic cannot carry"},
        Bad{event(R"("subfolder":"../x","data":"")"), "a", "subfolder: '../x': has '..'"},
        Bad{event(R"("x":1)"), "a", "data: is missing"},
        Bad{event(R"("data":"","data_b64":"")"), "a", "data: given with data_b64"},
        Bad{event(R"("data":{"c":21})"), "a", "data: is not a string"},
        Bad{event(R"("data_b64":"YQ")"), "a", "data_b64: length is not a multiple of 4"},
        Bad{event(R"("data_b64":"Y Q=")"), "a", "data_b64: character outside the alphabet"},
        Bad{event(R"("data_b64":"YR==")"), "a", "data_b64: trailing bits are not zero"},
        Bad{event(R"("data_b64":"__==")"), "a", "data_b64: character outside the alphabet"},
        Bad{event(R"("data":"","ack":"stored")"), "a", "ack: has no place in op event"},
        Bad{R"({"op":"state","subfolder":"x","data":""})", "", "subfolder: has no place in op state"},
        Bad{event("\"data\":\"" + std::string(262145, 'x') + "\""), "a",
            "data: 262145 bytes; at most 262144 are allowed in an event", Code::too_large},
        Bad{"{\"op\":\"state\",\"data\":\"" + std::string(65537, 'x') + "\"}", "",
            "data: 65537 bytes; at most 65536 are allowed in a state", Code::too_large},
        Bad{R"({"x":)" + std::string(20, '[') + std::string(20, ']') + "}", "", "line: is nested too deep"}));

TEST(Line, AnEventCarriesTextAsBytes) {
  const auto parsed = parse_line(R"( {"op":"event","id":"a1","subfolder":"temp/in","data":"{\"c\":21.5}\u00e9"} )");
  ASSERT_TRUE(parsed.line.has_value()) << parsed.line.error().line();
  const auto& message = std::get<MessageLine>(*parsed.line);
  EXPECT_EQ(parsed.id, "a1");
  EXPECT_EQ(message.kind, Kind::event);
  EXPECT_FALSE(message.device.has_value());
  EXPECT_EQ(message.subfolder.str(), "temp/in");
  EXPECT_EQ(message.payload, "{\"c\":21.5}\xc3\xa9");
}

TEST(Line, AStateMayCarryAnyBytes) {
  const auto parsed = parse_line(R"({"op":"state","device":"pump-1","data_b64":"AP8K"})");
  ASSERT_TRUE(parsed.line.has_value());
  const auto& message = std::get<MessageLine>(*parsed.line);
  EXPECT_EQ(message.kind, Kind::state);
  EXPECT_EQ(message.device->str(), "pump-1");
  EXPECT_EQ(message.payload, std::string("\0\xff\n", 3));
}

TEST(Line, HelloCarriesTheChildsWishes) {
  const auto parsed = parse_line(R"({"op":"hello","device":"pump-1","ack":"delivered","authorization":"a.b.c"})");
  ASSERT_TRUE(parsed.line.has_value());
  const auto& hello = std::get<HelloLine>(*parsed.line);
  EXPECT_EQ(hello.device.str(), "pump-1");
  EXPECT_EQ(hello.ack, Ack::delivered);
  EXPECT_EQ(hello.authorization, "a.b.c");
}

TEST(Line, UnknownKeysOfNewerChildrenAreSkipped) {
  EXPECT_TRUE(parse_line(event(R"("data":"x","trace":{"op":7,"a":[1,{"data":null}]},"n":1.5)")).line.has_value());
}

TEST(Line, TheLargestPayloadsFit) {
  EXPECT_TRUE(parse_line(event("\"data\":\"" + std::string(262144, 'x') + "\"")).line.has_value());
  EXPECT_TRUE(parse_line("{\"op\":\"state\",\"data\":\"" + std::string(65536, 'x') + "\"}").line.has_value());
}

}  // namespace
}  // namespace vouchgate::ingress
