// sd_notify against a datagram socket of the test's own. Never talks to a real systemd.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "vouchgate/service/service.hpp"

namespace vouchgate::service {
namespace {

class Notify : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "vouchgate-notify-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder = name;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = (folder / "notify").string();
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  void TearDown() override {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
    ::close(fd);
    std::filesystem::remove_all(folder);
  }
  std::string datagram() {
    pollfd waiting{fd, POLLIN, 0};
    if (::poll(&waiting, 1, 2000) != 1) return "(nothing came)";
    char buffer[4096];
    const auto size = ::recv(fd, buffer, sizeof buffer, 0);
    return {buffer, static_cast<std::size_t>(size)};
  }

  std::filesystem::path folder;
  int fd = -1;
};

TEST_F(Notify, ReadinessCarriesTheStatus) {
  EXPECT_TRUE(ready("connected to host:8883"));
  EXPECT_EQ(datagram(), "READY=1\nSTATUS=connected to host:8883");
}

TEST_F(Notify, StatusStoppingAndWatchdogAreOneDatagramEach) {
  status("3 of 3 children attached");
  EXPECT_EQ(datagram(), "STATUS=3 of 3 children attached");
  stopping("asked to");
  EXPECT_EQ(datagram(), "STOPPING=1\nSTATUS=asked to");
  watchdog_ping();
  EXPECT_EQ(datagram(), "WATCHDOG=1");
}

TEST_F(Notify, AReloadSaysWhenItBegan) {
  reloading("reading");
  const std::string said = datagram();
  const std::string begin = "RELOADING=1\nMONOTONIC_USEC=", end = "\nSTATUS=reading";
  ASSERT_TRUE(said.starts_with(begin) && said.ends_with(end)) << said;
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const long long then = std::stoll(said.substr(begin.size()));
  EXPECT_LE(then, now.tv_sec * 1'000'000LL + now.tv_nsec / 1000);
  EXPECT_GT(then, (now.tv_sec - 60) * 1'000'000LL);
}

TEST_F(Notify, AManagerThatDoesNotReadNeverStallsTheLoop) {
  for (int i = 0; i < 2000; ++i) {  // far past net.unix.max_dgram_qlen; blocking would end in the test's time limit
    status("status " + std::to_string(i));
    watchdog_ping();
  }
  EXPECT_EQ(datagram(), "STATUS=status 0");
}

TEST_F(Notify, ReadinessThatFindsNoRoomIsToBeSaidAgain) {
  for (int i = 0; i < 2000; ++i) status("x");
  EXPECT_FALSE(ready("loaded"));
  std::string said;
  while ((said = datagram()) == "STATUS=x")
    if (ready("loaded")) break;
  while (said == "STATUS=x") said = datagram();
  EXPECT_EQ(said, "READY=1\nSTATUS=loaded");
}

TEST_F(Notify, AStatusCannotSmuggleAField) {
  status("broker said\nMAINPID=1");
  EXPECT_EQ(datagram(), "STATUS=broker said MAINPID=1");
}

TEST_F(Notify, OutsideSystemdNothingHappens) {
  ::unsetenv("NOTIFY_SOCKET");
  EXPECT_TRUE(ready("x")) << "nobody is there to be told again";
  watchdog_ping();
  EXPECT_FALSE(watchdog_interval().has_value());
}

TEST_F(Notify, TheWatchdogIsPingedTwiceAsOftenAsItBites) {
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  EXPECT_EQ(watchdog_interval(), std::chrono::seconds(15));
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  EXPECT_EQ(watchdog_interval(), std::chrono::seconds(15));
}

TEST_F(Notify, AnotherProcesssWatchdogIsLeftAlone) {
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_FALSE(watchdog_interval().has_value());
}

TEST_F(Notify, ANonsenseWatchdogIsNone) {
  ::setenv("WATCHDOG_USEC", "soon", 1);
  EXPECT_FALSE(watchdog_interval().has_value());
}

}  // namespace
}  // namespace vouchgate::service
