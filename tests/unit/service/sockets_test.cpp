// Sockets handed over by systemd, at the descriptors where systemd puts them, in a process of their own.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <filesystem>

#include "temporary_directory.hpp"
#include "vouchgate/service/service.hpp"

namespace vouchgate::service {
namespace {

// Listens at each path, hands the sockets over as 3, 4 ... with these names, and says what was found: "fd path".
std::string found_by(const std::string& wanted, const std::vector<std::string>& paths, const char* names,
                     bool ours = true) {
  int answer[2];
  EXPECT_EQ(::pipe(answer), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(answer[1], 100);
    int next = 3;
    for (const std::string& path : paths) {
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      path.copy(address.sun_path, sizeof address.sun_path - 1);
      if (path[0] == '@') address.sun_path[0] = '\0';
      const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
      ::bind(fd, reinterpret_cast<const sockaddr*>(&address),
             static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size()));
      ::listen(fd, 4);
      ::dup2(fd, 50 + next++);
    }
    for (int fd = 3; fd < next; ++fd) ::dup2(50 + fd, fd);
    ::setenv("LISTEN_PID", std::to_string(ours ? ::getpid() : 1).c_str(), 1);
    ::setenv("LISTEN_FDS", std::to_string(paths.size()).c_str(), 1);
    ::setenv("LISTEN_FDNAMES", names, 1);
    const auto socket = inherited_socket(wanted);
    const bool again = inherited_socket(wanted).has_value();
    const std::string said = again    ? "found twice"
                             : socket ? std::to_string(socket->fd) + " " + socket->path
                                      : std::string("none");
    ::_exit(::write(100, said.data(), said.size()) == static_cast<ssize_t>(said.size()) ? 0 : 1);
  }
  ::close(answer[1]);
  char buffer[256];
  const auto size = ::read(answer[0], buffer, sizeof buffer);
  ::close(answer[0]);
  ::waitpid(child, nullptr, 0);
  return {buffer, static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

class Sockets : public ::testing::Test {
 protected:
  support::TemporaryDirectory directory;
  std::string one = directory.path() + "/one.sock", two = directory.path() + "/two.sock";
};

TEST_F(Sockets, TheOnlyOneIsTakenWhateverItsName) {
  EXPECT_EQ(found_by("children", {one}, "vouchgated.socket"), "3 " + one);
}

TEST_F(Sockets, AnAbstractAddressHasAName) {
  const std::string name = "@vouchgate-test-" + std::to_string(::getpid());
  EXPECT_EQ(found_by("children", {name}, "children"), "3 " + name);
}

TEST_F(Sockets, AmongSeveralTheNameDecides) {
  EXPECT_EQ(found_by("children", {one, two}, "other:children"), "4 " + two);
  EXPECT_EQ(found_by("children", {directory.path() + "/a", directory.path() + "/b"}, "other:another"), "none");
}

TEST_F(Sockets, ThoseOfAnotherProcessAreLeftAlone) {
  EXPECT_EQ(found_by("children", {one}, "children", false), "none");
}

TEST_F(Sockets, OutsideSystemdThereIsNone) { EXPECT_FALSE(inherited_socket("children").has_value()); }

}  // namespace
}  // namespace vouchgate::service
