// The socket to a software TPM, played by a thread of the test: pieces, silence, hang-ups, nonsense.
#include "keys/tpm/socket_line.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <functional>
#include <thread>

#include "keys/tpm/recovery.hpp"
#include "temporary_directory.hpp"

namespace vouchgate::keys::tpm {
namespace {

using std::chrono::steady_clock;

const Bytes command{0x80, 0x01, 0, 0, 0, 12, 0, 0, 1, 0x7b, 0, 8};
const Bytes good{0x80, 0x01, 0, 0, 0, 12, 0, 0, 0, 0, 0xab, 0xcd};

class SocketLineTest : public ::testing::Test {
 protected:
  SocketLineTest() {
    listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener, 1), 0);
  }
  ~SocketLineTest() override {
    if (peer.joinable()) peer.join();
    ::close(listener);
  }
  // Accepts once, reads the command, then does as told with the connection.
  void play(std::function<void(int)> part) {
    peer = std::thread([this, part = std::move(part)] {
      const int connection = ::accept(listener, nullptr, nullptr);
      std::uint8_t bytes[64];
      EXPECT_EQ(::recv(connection, bytes, command.size(), MSG_WAITALL), static_cast<ssize_t>(command.size()));
      part(connection);
      ::close(connection);
    });
  }
  static void say(int connection, ByteView bytes) {
    EXPECT_EQ(::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  TSS2_RC exchange(std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    auto line = open_socket_line("path=" + path);
    if (!line) return TSS2_TCTI_RC_BAD_VALUE;
    const auto until = steady_clock::now() + limit;
    if (const TSS2_RC rc = (*line)->transmit(command, until); rc != TSS2_RC_SUCCESS) return rc;
    return (*line)->receive(answer, until);
  }
  support::TemporaryDirectory directory;
  const std::string path = directory.path() + "/tpm.sock";
  int listener = -1;
  std::thread peer;
  Bytes answer;
};

TEST_F(SocketLineTest, an_answer_may_come_in_pieces) {
  play([](int connection) {
    for (const std::uint8_t byte : good) say(connection, {&byte, 1});
  });
  EXPECT_EQ(exchange(), TSS2_RC_SUCCESS);
  EXPECT_EQ(answer, good);
}

TEST_F(SocketLineTest, a_peer_that_hangs_up_is_a_broken_connection) {
  play([](int connection) { say(connection, ByteView(good).first(7)); });
  EXPECT_EQ(exchange(), TSS2_TCTI_RC_IO_ERROR);
}

TEST_F(SocketLineTest, a_peer_that_keeps_silent_costs_the_limit_and_no_more) {
  // Nobody accepts: the kernel takes the connection and the command all the same, as for a stopped process.
  EXPECT_EQ(exchange(std::chrono::milliseconds(100)), no_answer);
}

TEST_F(SocketLineTest, a_full_queue_of_connections_is_waited_for_until_the_limit) {
  std::vector<std::unique_ptr<Line>> others;
  for (int i = 0; i < 4; ++i) {
    others.push_back(std::move(*open_socket_line("path=" + path)));
    (void)others.back()->transmit(command, steady_clock::now());
  }
  EXPECT_EQ(exchange(std::chrono::milliseconds(100)), no_answer);
}

TEST_F(SocketLineTest, what_is_no_tpm_is_told_by_its_header) {
  for (const Bytes& nonsense :
       {Bytes{'H', 'T', 'T', 'P', '/', '1', '.', '1', ' ', '4'}, Bytes{0x80, 0x01, 0, 0, 0, 4, 0, 0, 0, 0},
        Bytes{0x80, 0x01, 0, 0, 0xff, 0xff, 0, 0, 0, 0}}) {
    play([&](int connection) { say(connection, nonsense); });
    EXPECT_EQ(exchange(), TSS2_TCTI_RC_MALFORMED_RESPONSE);
    peer.join();
  }
}

TEST_F(SocketLineTest, nobody_listening_is_no_connection) {
  ::close(listener);
  EXPECT_EQ(exchange(), TSS2_TCTI_RC_NO_CONNECTION);
  ::unlink(path.c_str());
  EXPECT_EQ(exchange(), TSS2_TCTI_RC_NO_CONNECTION);
}

TEST_F(SocketLineTest, the_options_are_those_of_the_library_and_mistakes_are_said) {
  EXPECT_TRUE(open_socket_line(""));
  EXPECT_TRUE(open_socket_line("host=127.0.0.1,port=2321"));
  EXPECT_TRUE(open_socket_line("port=2321"));
  for (const char* wrong : {"pth=/run/x", "host=127.0.0.1,port=none"}) {
    const auto line = open_socket_line(wrong);
    ASSERT_FALSE(line) << wrong;
    EXPECT_EQ(line.error().code, Code::invalid);
    EXPECT_FALSE(line.error().hint.empty());
  }
}

}  // namespace
}  // namespace vouchgate::keys::tpm
