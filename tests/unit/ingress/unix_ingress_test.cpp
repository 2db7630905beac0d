// Children on a real Unix socket with a fake gateway behind it. Never sleeps: the test turns the loop.
#include "vouchgate/ingress/unix_ingress.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fstream>
#include <memory>
#include <vector>

#include "fake_children.hpp"
#include "line_peer.hpp"
#include "vouchgate/base/asio.hpp"

namespace vouchgate::ingress {
namespace {

using testing::FakeChildren;
using testing::LinePeer;

class UnixIngressTest : public ::testing::Test {
 protected:
  void SetUp() override { open(); }
  void open() {
    settings.path = directory / "children.sock";
    auto made = listen(loop, settings, children);
    ASSERT_TRUE(made.has_value()) << made.error().text();
    ingress = std::move(*made);
  }
  std::unique_ptr<LinePeer> child() { return std::make_unique<LinePeer>(loop, settings.path); }
  std::unique_ptr<LinePeer> greeted(const std::string& device) {
    auto peer = child();
    peer->line(R"({"op":"hello","device":")" + device + "\"}");
    EXPECT_EQ(peer->hear(), R"({"op":"welcome","device":")" + device + R"(","attached":true,"max_payload":262144})");
    return peer;
  }

  testing::TemporaryDirectory directory;
  asio::io_context loop;
  FakeChildren children;
  UnixSettings settings;
  std::unique_ptr<UnixIngress> ingress;
};

TEST_F(UnixIngressTest, AnEventIsStoredAndDelivered) {
  children.deliver = true;
  auto peer = child();
  peer->line(R"({"op":"hello","device":"pump-1","ack":"delivered","authorization":"j.w.t"})");
  EXPECT_EQ(peer->hear(), R"({"op":"welcome","device":"pump-1","attached":true,"max_payload":262144})");
  peer->line(R"({"op":"event","id":"a\"1","subfolder":"temp","data":"21.5"})");
  EXPECT_EQ(peer->hear(), R"({"op":"stored","id":"a\"1","seq":1})");
  EXPECT_EQ(peer->hear(), R"({"op":"delivered","id":"a\"1","seq":1})");
  ASSERT_EQ(children.hellos.size(), 1u);
  EXPECT_EQ(children.hellos[0].ack, Ack::delivered);
  EXPECT_EQ(children.hellos[0].authorization, "j.w.t");
  EXPECT_EQ(children.hellos[0].peer_uid, ::getuid());
  EXPECT_EQ(children.offers[0].message.payload, "21.5");
  EXPECT_EQ(children.offers[0].message.subfolder.str(), "temp");
}

TEST_F(UnixIngressTest, ABadLineIsAnsweredAndTheConnectionLives) {
  auto peer = greeted("pump-1");
  peer->line(R"({"op":"event","id":"a1","data_b64":"!"})");
  EXPECT_EQ(peer->hear(),
            R"({"op":"error","id":"a1","code":"invalid","message":"data_b64: length is not a multiple of 4",)"
            R"("hint":"RFC 4648 section 4, with padding"})");
  peer->line("not json");
  EXPECT_EQ(peer->hear(), R"({"op":"error","code":"invalid","message":"line: is not JSON at byte 2"})");
  peer->line(R"({"op":"event","id":"a2","data":"x"})");
  EXPECT_EQ(peer->hear(), R"({"op":"stored","id":"a2","seq":1})");
}

TEST_F(UnixIngressTest, ARefusalOfTheGatewayReachesTheChild) {
  auto peer = greeted("pump-1");
  peer->line(R"({"op":"event","id":"a1","data":"refuse me"})");
  EXPECT_EQ(peer->hear(), R"({"op":"error","id":"a1","code":"full","message":"spool: is full","hint":"wait"})");
}

TEST_F(UnixIngressTest, HelloComesFirst) {
  children.strangers = {"stranger"};
  auto peer = child();
  peer->line(R"({"op":"event","id":"a1","data":"x"})");
  EXPECT_EQ(peer->hear(), R"({"op":"error","id":"a1","code":"denied","message":"device: say hello first",)"
                          R"("hint":"{\"op\":\"hello\",\"device\":\"...\"}"})");
  peer->line(R"({"op":"hello","device":"stranger"})");
  EXPECT_EQ(peer->hear(), R"({"op":"error","device":"stranger","code":"not-found",)"
                          R"("message":"device: stranger: is not configured","hint":"add it to devices:"})");
  peer->line(R"({"op":"event","id":"a2","device":"stranger","data":"x"})");
  EXPECT_NE(peer->hear().find("say hello first"), std::string::npos);
  EXPECT_TRUE(children.offers.empty());
}

TEST_F(UnixIngressTest, AConnectionMaySpeakForSeveralDevices) {
  auto peer = greeted("pump-1");
  peer->line(R"({"op":"hello","device":"pump-2"})");
  peer->hear();
  peer->line(R"({"op":"event","id":"a1","data":"x"})");
  EXPECT_NE(peer->hear().find("device: is missing"), std::string::npos);
  peer->line(R"({"op":"event","id":"a1","device":"pump-2","data":"x"})");
  EXPECT_EQ(peer->hear(), R"({"op":"stored","device":"pump-2","id":"a1","seq":1})");
  peer->line(R"({"op":"event","id":"a1","device":"pump-3","data":"x"})");
  EXPECT_NE(peer->hear().find("pump-3: say hello first"), std::string::npos);
}

TEST_F(UnixIngressTest, WhatTheCloudSaysFollowsTheWelcome) {
  children.config_at_hello = std::string("\0c", 2);
  auto peer = greeted("pump-1");
  EXPECT_EQ(peer->hear(), R"({"op":"config","device":"pump-1","data_b64":"AGM="})");
  const auto& device = children.hellos[0].device;
  const auto connection = children.hellos[0].connection;
  children.port().command(connection, device, "reboot", "now");
  children.port().attachment(connection, device, false, "not bound");
  children.port().attachment(connection, device, true, "");
  EXPECT_EQ(peer->hear(), R"({"op":"command","device":"pump-1","subfolder":"reboot","data_b64":"bm93"})");
  EXPECT_EQ(peer->hear(), R"({"op":"attachment","device":"pump-1","attached":false,"reason":"not bound"})");
  EXPECT_EQ(peer->hear(), R"({"op":"attachment","device":"pump-1","attached":true})");
}

TEST_F(UnixIngressTest, LostFramingClosesOneConnectionAndDisturbsNoOther) {
  auto good = greeted("pump-1");
  const std::vector<std::pair<std::string, std::string>> garbage = {
      {std::string(600 * 1024, 'x'), R"("code":"too-large","message":"line: over 524288 bytes")"},
      {std::string("{\"op\":\0}\n", 9), R"("code":"invalid","message":"line: has a NUL byte")"},
      {"{\"op\":\"\xff\"}\n", R"("code":"invalid","message":"line: is not UTF-8")"}};
  for (const auto& [bytes, expected] : garbage) {
    auto bad = child();
    EXPECT_TRUE(bad->say(bytes));
    EXPECT_NE(bad->hear().find(expected), std::string::npos) << expected;
    EXPECT_EQ(bad->hear(), "<end>");
    good->line(R"({"op":"event","data":"x"})");
    EXPECT_EQ(good->hear().substr(0, 14), R"({"op":"stored")");
  }
  EXPECT_TRUE(testing::turn_until(loop, [&] { return children.left.size() == 3; }));
}

TEST_F(UnixIngressTest, ALineOfExactlyTheLimitIsStillALine) {
  auto peer = child();
  const std::string head = R"({"x":")", tail = "\"}";
  peer->line(head + std::string(512 * 1024 - head.size() - tail.size(), 'x') + tail);
  EXPECT_NE(peer->hear().find("op: is missing"), std::string::npos);
  peer->line(head + std::string(512 * 1024 + 1 - head.size() - tail.size(), 'x') + tail);
  EXPECT_NE(peer->hear().find("too-large"), std::string::npos);
  EXPECT_EQ(peer->hear(), "<end>");
}

TEST_F(UnixIngressTest, LinesMayArriveByteByByteAndWithCarriageReturns) {
  auto peer = greeted("pump-1");
  for (const char c : std::string("\r\n\n{\"op\":\"event\",\"id\":\"a\",\"data\":\"x\"}\r\n")) {
    peer->say({&c, 1});
    loop.poll();
  }
  EXPECT_EQ(peer->hear(), R"({"op":"stored","id":"a","seq":1})");
}

TEST_F(UnixIngressTest, AChildThatDoesNotReadIsDisconnected) {
  auto peer = greeted("pump-1");
  const auto connection = children.hellos[0].connection;
  const auto device = children.hellos[0].device;
  const std::string payload(64 * 1024, 'x');
  for (int i = 0; i < 200 && children.left.empty(); ++i) {
    children.port().command(connection, device, "", payload);
    loop.poll();
  }
  EXPECT_TRUE(testing::turn_until(loop, [&] { return children.left.size() == 1; }));
  children.port().command(connection, device, "", payload);
}

TEST_F(UnixIngressTest, AConnectionIsNotReadWhileItIsOwedTooMuch) {
  children.answer_at_once = false;
  auto peer = greeted("pump-1");
  std::string many;
  for (int i = 0; i < 6000; ++i) many += R"({"op":"event","id":")" + std::to_string(i) + R"(","data":"x"})" + "\n";
  std::string_view rest = many;
  testing::turn_until(loop, [&] { return peer->push(rest) == 0 && children.offers.size() > 1000; });
  for (int i = 0; i < 100; ++i) loop.poll();
  EXPECT_EQ(children.offers.size(), 1001u);
  for (int i = 0; i < 400; ++i) children.answer_one();
  for (int i = 0; i < 100; ++i) loop.poll();
  EXPECT_EQ(children.offers.size(), 1001u);
  children.answer_all();
  children.answer_at_once = true;
  EXPECT_TRUE(peer->say(rest));
  for (int i = 0; i < 6000; ++i)
    ASSERT_EQ(peer->hear(),
              R"({"op":"stored","id":")" + std::to_string(i) + R"(","seq":)" + std::to_string(i + 1) + "}");
}

TEST_F(UnixIngressTest, LargeMessagesCountByTheirBytes) {
  children.answer_at_once = false;
  auto peer = greeted("pump-1");
  const std::string line = R"({"op":"event","data":")" + std::string(200 * 1024, 'x') + "\"}\n";
  std::string many;
  for (int i = 0; i < 20; ++i) many += line;
  std::string_view rest = many;
  testing::turn_until(loop, [&] { return peer->push(rest) == 0 && children.offers.size() >= 6; });
  for (int i = 0; i < 100; ++i) loop.poll();
  EXPECT_EQ(children.offers.size(), 6u);  // 6 x 200 KiB is the first sum above 1 MiB
}

TEST_F(UnixIngressTest, AnswersStillReachAChildThatStoppedWriting) {
  children.answer_at_once = false;
  auto peer = greeted("pump-1");
  peer->line(R"({"op":"event","id":"a1","data":"x"})");
  peer->stop_writing();
  EXPECT_TRUE(testing::turn_until(loop, [&] { return children.offers.size() == 1; }));
  for (int i = 0; i < 100; ++i) loop.poll();
  EXPECT_TRUE(children.left.empty());
  children.answer_all();
  EXPECT_EQ(peer->hear(), R"({"op":"stored","id":"a1","seq":1})");
  EXPECT_EQ(peer->hear(), "<end>");
  EXPECT_EQ(children.left.size(), 1u);
}

// Each message is settled once: by stored or by a delivered that none preceded, never by both.
TEST_F(UnixIngressTest, AMessageThatNeverWasOnTheDiskIsAnsweredByDeliveredAlone) {
  children.answer_at_once = false;
  auto peer = greeted("pump-1");
  for (const char* name : {"a", "b"}) peer->line(R"({"op":"event","id":")" + std::string(name) + R"(","data":"x"})");
  peer->stop_writing();
  EXPECT_TRUE(testing::turn_until(loop, [&] { return children.offers.size() == 2; }));
  const Offer& first = children.offers[0];
  children.port().stored(first.connection, first.message.device, "a", 7);
  children.port().delivered(first.connection, first.message.device, "a", 7);
  EXPECT_EQ(peer->hear(), R"({"op":"stored","id":"a","seq":7})");
  EXPECT_EQ(peer->hear(), R"({"op":"delivered","id":"a","seq":7})");
  for (int i = 0; i < 100; ++i) loop.poll();
  EXPECT_TRUE(children.left.empty()) << "the second is still owed";
  children.port().delivered(first.connection, first.message.device, "b", 0);
  EXPECT_EQ(peer->hear(), R"({"op":"delivered","id":"b"})");
  EXPECT_EQ(peer->hear(), "<end>");
}

TEST_F(UnixIngressTest, AnswersToAChildThatLeftAreDropped) {
  children.answer_at_once = false;
  auto peer = greeted("pump-1");
  peer->line(R"({"op":"event","id":"a1","data":"x"})");
  EXPECT_TRUE(testing::turn_until(loop, [&] { return children.offers.size() == 1; }));
  peer->hang_up();
  EXPECT_TRUE(testing::turn_until(loop, [&] { return children.left.size() == 1; }));
  children.answer_all();
  EXPECT_EQ(greeted("pump-2")->connected(), true);
}

TEST_F(UnixIngressTest, OneTooManyConnectionsIsToldSo) {
  ingress.reset();
  settings.max_connections = 1;
  open();
  auto first = greeted("pump-1");
  EXPECT_EQ(child()->hear(),
            R"({"op":"error","code":"busy","message":"ingress: too many connections","hint":"try again later"})");
  first->hang_up();
  EXPECT_TRUE(testing::turn_until(loop, [&] { return children.left.size() == 1; }));
  greeted("pump-1");
}

TEST_F(UnixIngressTest, TheSocketHasItsModeAndGoesWithTheDaemon) {
  struct stat entry {};
  ASSERT_EQ(::stat(settings.path.c_str(), &entry), 0);
  EXPECT_EQ(entry.st_mode & 07777, 0660u);
  ingress.reset();
  EXPECT_NE(::stat(settings.path.c_str(), &entry), 0);
}

TEST_F(UnixIngressTest, ASecondDaemonIsTurnedAway) {
  const auto second = listen(loop, settings, children);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Code::busy);
  greeted("pump-1");
}

TEST_F(UnixIngressTest, AStaleSocketIsReplaced) {
  ingress.reset();
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, settings.path.data(), settings.path.size());
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(fd);
  open();
  greeted("pump-1");
}

TEST_F(UnixIngressTest, WhatIsNoSocketIsLeftAlone) {
  settings.path = directory / "precious";
  std::ofstream(settings.path) << "data";
  const auto made = listen(loop, settings, children);
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().line(), "ingress: " + settings.path + ": exists and is not a socket");
  EXPECT_EQ(std::filesystem::file_size(settings.path), 4u);
}

TEST_F(UnixIngressTest, BadPathsAreSaidAtTheStart) {
  settings.path = directory / "missing/children.sock";
  EXPECT_EQ(listen(loop, settings, children).error().code, Code::not_found);
  settings.path = "/tmp/" + std::string(120, 'x');
  EXPECT_EQ(listen(loop, settings, children).error().code, Code::invalid);
  EXPECT_EQ(listen(loop, settings, children, 0).error().code, Code::invalid);
}

TEST_F(UnixIngressTest, AnInheritedSocketIsUsedAndItsFileKept) {
  ingress.reset();
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, settings.path.data(), settings.path.size());
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(fd, 8), 0);
  auto made = listen(loop, settings, children, fd);
  ASSERT_TRUE(made.has_value());
  greeted("pump-1");
  made->reset();
  EXPECT_TRUE(std::filesystem::exists(settings.path));
}

TEST_F(UnixIngressTest, AnInheritedSocketOfAnotherKindIsRefused) {
  const sockaddr_un abstract{AF_UNIX, {}};  // the kernel chooses a name (unix(7), autobind)
  for (const int kind : {SOCK_SEQPACKET, SOCK_DGRAM}) {
    const int fd = ::socket(AF_UNIX, kind | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&abstract), sizeof(sa_family_t)), 0);
    ::listen(fd, 4);
    const auto made = listen(loop, settings, children, fd);
    ASSERT_FALSE(made) << kind;
    EXPECT_EQ(made.error().code, Code::invalid);
    ::close(fd);
  }
}

TEST_F(UnixIngressTest, AfterStopAcceptingOnlyAcknowledgementsGoOut) {
  children.answer_at_once = false;
  auto peer = greeted("pump-1");
  peer->line(R"({"op":"event","id":"a1","data":"x"})");
  EXPECT_TRUE(testing::turn_until(loop, [&] { return children.offers.size() == 1; }));
  ingress->stop_accepting();
  EXPECT_FALSE(child()->connected());
  peer->line(R"({"op":"event","id":"a2","data":"x"})");
  for (int i = 0; i < 100; ++i) loop.poll();
  EXPECT_EQ(children.offers.size(), 1u);
  children.answer_all();
  EXPECT_EQ(peer->hear(), R"({"op":"stored","id":"a1","seq":1})");
}

TEST_F(UnixIngressTest, DestructionTellsTheGatewayAboutEveryConnection) {
  auto one = greeted("pump-1");
  auto two = greeted("pump-2");
  two->line(R"({"op":"event","id":"a1","data":"x"})");
  ingress.reset();
  EXPECT_EQ(children.left.size(), 2u);
  for (int i = 0; i < 100; ++i) loop.poll();
  EXPECT_EQ(one->hear(), "<end>");
}

TEST_F(UnixIngressTest, AHundredConnectionsKeepTheirOrder) {
  std::vector<std::unique_ptr<LinePeer>> peers;
  for (int i = 0; i < 100; ++i) peers.push_back(greeted("pump-" + std::to_string(i)));
  for (int n = 0; n < 100; ++n)
    for (auto& peer : peers) peer->line(R"({"op":"event","id":"m","data":")" + std::to_string(n) + "\"}");
  for (auto& peer : peers)
    for (int n = 0; n < 100; ++n) ASSERT_EQ(peer->hear().substr(0, 23), R"({"op":"stored","id":"m")");
  std::map<std::string, int> next;
  for (const auto& offer : children.offers)
    ASSERT_EQ(offer.message.payload, std::to_string(next[offer.message.device.str()]++));
  EXPECT_EQ(next.size(), 100u);
}

TEST_F(UnixIngressTest, NoDescriptorsLeftPausesAcceptingAndHealsByItself) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  LinePeer peer(loop, settings.path);
  const rlimit none{3, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  std::size_t turns = 0;
  for (int i = 0; i < 1000; ++i) turns += loop.poll_one();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_LE(turns, 3u);
  peer.line(R"({"op":"hello","device":"pump-1"})");
  EXPECT_EQ(peer.hear().substr(0, 15), R"({"op":"welcome")");
}

}  // namespace
}  // namespace vouchgate::ingress
