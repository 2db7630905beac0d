// The listener on a real port of loopback, in virtual time: limits, refusals, listeners. Turns the loop itself; waits
// for events only, with deadlines.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "line_peer.hpp"
#include "metrics/server_impl.hpp"
#include "virtual_time.hpp"

namespace vouchgate::metrics {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using vouchgate::testing::turn_until;

// A browser or a scraper, non-blocking.
class Peer {
 public:
  Peer(asio::io_context& loop, std::uint16_t port) : loop_(loop) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ~Peer() { hang_up(); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void send(const std::string& text) { (void)::send(fd_, text.data(), text.size(), MSG_NOSIGNAL); }
  void hang_up() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  // Everything up to the server's close.
  const std::string& all() {
    EXPECT_TRUE(turn_until(loop_, [this] { return drink(); })) << "no end: " << heard_;
    return heard_;
  }
  bool hears(const std::string& text) {
    return turn_until(loop_, [&] {
      drink();
      return heard_.find(text) != std::string::npos;
    });
  }
  void forget() { heard_.clear(); }

 private:
  bool drink() {
    char bytes[65536];
    while (true) {
      const auto size = ::recv(fd_, bytes, sizeof bytes, MSG_DONTWAIT);
      if (size < 0 && errno == EAGAIN) return false;
      if (size <= 0) return true;
      heard_.append(bytes, static_cast<std::size_t>(size));
    }
  }
  asio::io_context& loop_;
  int fd_ = -1;
  std::string heard_;
};

class ServerTest : public ::testing::Test {
 protected:
  void SetUp() override { make({}); }
  void make(const Limits& limits) {
    server.reset();
    MetricsSettings settings;
    settings.max_devices = 2;
    const Sources sources{time, time,
                          [this] {
                            ++snapshots;
                            return status;
                          },
                          [](const Status& shown) { return "{\"gateway\":\"" + shown.gateway + "\"}"; }, recent};
    server = std::make_unique<ServerImpl>(loop, settings, sources, limits);
    ASSERT_TRUE(server->listen("127.0.0.1", 0));
  }
  std::string ask(const std::string& request) {
    Peer peer(loop, server->port());
    peer.send(request);
    return peer.all();
  }

  support::VirtualTime time;
  RecentEvents recent{time};
  asio::io_context loop;
  Status status;
  int snapshots = 0;
  std::unique_ptr<ServerImpl> server;
};

const std::string get_metrics = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
const std::string get_events = "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n";

TEST_F(ServerTest, ServesNumbersAndPage) {
  status.version = "0.4.0";
  const std::string numbers = ask(get_metrics);
  EXPECT_THAT(numbers, StartsWith("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  EXPECT_THAT(numbers, HasSubstr("vouchgate_build_info{version=\"0.4.0\"} 1\n"));
  const std::string page = ask("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(page, HasSubstr("\r\nContent-Security-Policy: default-src 'none'; script-src 'sha256-"));
  EXPECT_THAT(page, EndsWith("</html>\n"));
}

TEST_F(ServerTest, AScraperGoneMadCostsOneSnapshotASecond) {
  ask(get_metrics);
  const int before = snapshots;
  ask(get_metrics);
  EXPECT_EQ(snapshots, before);
  time.advance(std::chrono::seconds(1));
  ask(get_metrics);
  EXPECT_EQ(snapshots, before + 1);
}

TEST_F(ServerTest, ListenersThatComeInTheSameSecondCostOneSnapshot) {
  const int before = snapshots;
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < 8; ++i) {
    peers.push_back(std::make_unique<Peer>(loop, server->port()));
    peers.back()->send(get_events);
    ASSERT_TRUE(peers.back()->hears("data: "));
  }
  EXPECT_EQ(snapshots, before + 1);
  time.advance(std::chrono::seconds(1));
  EXPECT_EQ(snapshots, before + 2);
}

TEST_F(ServerTest, RefusesEverythingElse) {
  const std::pair<std::string, const char*> table[] = {
      {"GET /x HTTP/1.1\r\n\r\n", "HTTP/1.1 404 "},
      {"POST /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 405 "},
      {"HEAD / HTTP/1.1\r\n\r\n", "HTTP/1.1 405 "},
      {"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "HTTP/1.1 421 "},
      {"GET / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody", "HTTP/1.1 413 "},
      {"\x16\x03\x01\x02\r\n\r\n", "HTTP/1.1 400 "},
      {"GET / HTTP/1.1\r\nbroken\r\n\r\n", "HTTP/1.1 400 "},
      {"GET / HTTP/1.1\r\nX: " + std::string(9000, 'x') + "\r\n\r\n", "HTTP/1.1 431 "},
      {"GET /" + std::string(20000, 'x') + " HTTP/1.1\r\n\r\n", "HTTP/1.1 431 "}};
  for (const auto& [request, answer] : table) EXPECT_THAT(ask(request), StartsWith(answer)) << request.substr(0, 60);
}

TEST_F(ServerTest, ARequestThatDoesNotComeIsNotWaitedFor) {
  make({.request_time = Duration(20)});
  Peer peer(loop, server->port());
  peer.send("GET / HTTP/1.1\r\n");
  EXPECT_EQ(peer.all(), "");
}

TEST_F(ServerTest, IdleConnectionsDoNotKeepAScraperOut) {
  std::vector<std::unique_ptr<Peer>> idle;
  for (int i = 0; i < 100; ++i) {
    idle.push_back(std::make_unique<Peer>(loop, server->port()));
    idle.back()->send("GET /me");
  }
  EXPECT_THAT(ask(get_metrics), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(idle.front()->all(), "");
}

TEST_F(ServerTest, ReadersThatDoNotReadDoNotKeepAScraperOut) {
  make({.request_time = std::chrono::hours(1),
        .answer_time = std::chrono::hours(1)});  // no wait ends it, on any machine
  status.gateway = std::string(16 << 20, 'x');   // more than the sockets hold
  std::vector<std::unique_ptr<Peer>> slow;
  for (int i = 0; i < 40; ++i) {
    slow.push_back(std::make_unique<Peer>(loop, server->port()));
    slow.back()->send(i < 8 ? get_events : get_metrics);
  }
  ASSERT_TRUE(turn_until(loop, [&] { return server->listeners() == 8; }));
  EXPECT_THAT(ask(get_metrics), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(server->listeners(), 8u);
}

TEST_F(ServerTest, AReaderThatDoesNotReadIsDropped) {
  make({.answer_time = Duration(50)});
  status.gateway = std::string(16 << 20, 'x');  // more than the sockets hold
  Peer peer(loop, server->port());
  peer.send(get_events);
  ASSERT_TRUE(turn_until(loop, [&] { return server->listeners() == 1; }));
  EXPECT_TRUE(turn_until(loop, [&] { return server->listeners() == 0; }));
}

TEST_F(ServerTest, ListenersHearOneStatusASecond) {
  status.gateway = "gw-1";
  Peer peer(loop, server->port());
  peer.send(get_events);
  ASSERT_TRUE(peer.hears("data: {\"gateway\":\"gw-1\"}\n\n"));
  EXPECT_TRUE(peer.hears("\r\nContent-Type: text/event-stream\r\n"));
  for (int turn = 0; turn < 3; ++turn) {
    peer.forget();
    loop.restart();
    loop.poll();  // the server learns that its last turn was written: until then it would leave the next one out
    status.gateway = "gw-" + std::to_string(turn);
    time.advance(std::chrono::seconds(1));
    ASSERT_TRUE(peer.hears("data: {\"gateway\":\"" + status.gateway + "\"}\n\n"));
  }
  peer.hang_up();
  ASSERT_TRUE(turn_until(loop, [&] {
    time.advance(std::chrono::seconds(1));
    return server->listeners() == 0;
  }));
  const int before = snapshots;
  time.advance(std::chrono::seconds(30));
  EXPECT_EQ(snapshots, before) << "nobody listens";
}

TEST_F(ServerTest, ANinthListenerIsRefusedAndTheEightStay) {
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < 8; ++i) {
    peers.push_back(std::make_unique<Peer>(loop, server->port()));
    peers.back()->send(get_events);
    ASSERT_TRUE(peers.back()->hears("data: "));
  }
  EXPECT_THAT(ask(get_events), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(server->listeners(), 8u);
  EXPECT_THAT(ask(get_metrics), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServerTest, APortThatIsTakenIsOneClearError) {
  ServerImpl second(loop, {}, {time, time, [] { return Status{}; }, [](const Status&) { return ""; }, recent}, {});
  const auto result = second.listen("127.0.0.1", server->port());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::busy);
  EXPECT_EQ(result.error().line(), "metrics: 127.0.0.1:" + std::to_string(server->port()) + ": the port is taken");
}

TEST_F(ServerTest, ItsEndClosesEveryConnection) {
  Peer listener(loop, server->port()), idle(loop, server->port());
  listener.send(get_events);
  ASSERT_TRUE(listener.hears("data: "));
  server.reset();
  EXPECT_THAT(listener.all(), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(time.armed(), 0u);
}

}  // namespace
}  // namespace vouchgate::metrics
