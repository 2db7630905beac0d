// A TPM behind a device node, for the library's device module and its limits: a terminal plays /dev/tpm0 and a thread
// carries its commands to swtpm, or keeps them. The kernel's driver itself is not in this test.
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "keys/crypto.hpp"
#include "keys/tpm/socket_line.hpp"
#include "tpm_fixture.hpp"
#include "virtual_time.hpp"

namespace vouchgate::keys {
namespace {

class Terminal {
 public:
  explicit Terminal(std::string socket) : socket_(std::move(socket)) {
    ours_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    EXPECT_EQ(::grantpt(ours_), 0);
    EXPECT_EQ(::unlockpt(ours_), 0);
    path_ = ::ptsname(ours_);
    held_ = ::open(path_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);  // it outlives each closing of the other end
    termios raw{};
    EXPECT_EQ(::tcgetattr(held_, &raw), 0);
    ::cfmakeraw(&raw);
    EXPECT_EQ(::tcsetattr(held_, TCSANOW, &raw), 0);
    thread_ = std::thread([this] { carry(); });
  }
  ~Terminal() {
    const std::uint64_t one = 1;
    EXPECT_EQ(::write(stop_, &one, sizeof one), ssize_t{sizeof one});
    thread_.join();
    for (const int fd : {ours_, held_, stop_}) ::close(fd);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  const std::string& path() const { return path_; }
  std::atomic<bool> mute = false;

 private:
  void carry() {
    Bytes command;
    while (true) {
      pollfd entries[] = {{ours_, POLLIN, 0}, {stop_, POLLIN, 0}};
      ::poll(entries, 2, -1);
      if (entries[1].revents != 0) return;
      std::uint8_t part[tpm::largest_message];
      const ssize_t got = ::read(ours_, part, sizeof part);
      if (got <= 0) return;
      command.insert(command.end(), part, part + got);
      if (command.size() < 6 || command.size() < (std::size_t{command[4]} << 8 | command[5])) continue;
      if (!mute) answer(command);
      command.clear();
    }
  }
  void answer(const Bytes& command) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    const auto line = tpm::open_socket_line("path=" + socket_);
    Bytes out;
    if ((*line)->transmit(command, until) != 0u || (*line)->receive(out, until) != 0u) return;
    EXPECT_EQ(::write(ours_, out.data(), out.size()), static_cast<ssize_t>(out.size()));
  }

  const std::string socket_;
  std::string path_;
  int ours_ = -1, held_ = -1, stop_ = ::eventfd(0, EFD_CLOEXEC);
  std::thread thread_;
};

class TpmDevice : public TpmKey {
 protected:
  TpmDevice() { settings.tpm.tcti = "device:" + terminal.path(); }
  Result<Bytes> ask(Service& service) {
    std::optional<Result<Bytes>> answer;
    service.sign("input", [&](Result<Bytes> result) { answer = std::move(result); });
    if (!loop.run_until([&] { return answer.has_value(); }, std::chrono::seconds(60)))
      return fail(Code::internal, "test", "", "no answer");
    return *answer;
  }
  Terminal terminal{swtpm.directory() + "/tpm.sock"};
  support::ManualPost loop;
  support::VirtualTime time;
};

TEST_F(TpmDevice, that_hangs_is_given_up_and_its_return_is_enough) {
  const auto made = create(settings);
  ASSERT_TRUE(made) << made.error().text();
  const KeyInfo key = (*made)->info();
  const auto service = start_service(settings, loop.post(), time, std::chrono::seconds(6));  // two for a command
  const auto first = ask(*service);
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_TRUE(verifies(key.algorithm, key.public_key_der, view("input"), *first));
  terminal.mute = true;
  EXPECT_EQ(ask(*service).error().code, Code::timeout);
  for (int i = 0; i < 2; ++i) {  // opened anew, which the module tries by a command of its own
    const auto refused = ask(*service);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().code == Code::timeout || refused.error().code == Code::unavailable)
        << refused.error().text();
  }
  terminal.mute = false;
  const auto again = ask(*service);
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_TRUE(verifies(key.algorithm, key.public_key_der, view("input"), *again));
}

}  // namespace
}  // namespace vouchgate::keys
