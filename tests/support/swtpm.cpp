// Starts and stops swtpm. Unix sockets, so that tests can run side by side.
#include "swtpm.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>
#include <vector>

namespace vouchgate::test {
namespace {

// CMD_GET_CAPABILITY (swtpm_ioctls(3)) over the control socket. Its answer proves that the main loop runs; a socket
// that exists, or that accepts, proves only that bind() was called.
bool answers(const std::string& control) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  control.copy(address.sun_path, sizeof address.sun_path - 1);
  const unsigned char command[4] = {0, 0, 0, 1};
  unsigned char answer[4] = {};
  const bool answered = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                        ::send(fd, command, sizeof command, MSG_NOSIGNAL) == ssize_t{sizeof command} &&
                        ::recv(fd, answer, sizeof answer, 0) > 0;
  ::close(fd);
  return answered;
}

}  // namespace

Swtpm::Swtpm() {
  std::signal(SIGPIPE, SIG_IGN);  // as the daemon does: a TPM that goes away is an error code
  char name[] = "/tmp/vouchgate-swtpm-XXXXXX";
  if (::mkdtemp(name) == nullptr) throw std::runtime_error("mkdtemp");
  directory_ = name;
  std::filesystem::create_directory(directory_ + "/state");
  start();
}

Swtpm::~Swtpm() {
  kill_hard();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void Swtpm::start(Startup startup) {
  const std::string socket = directory_ + "/tpm.sock";
  ::unlink(socket.c_str());
  ::unlink((socket + ".ctrl").c_str());
  std::string arguments[] = {"swtpm",
                             "socket",
                             "--tpm2",
                             "--tpmstate",
                             "dir=" + directory_ + "/state,mode=0600",
                             "--server",
                             "type=unixio,path=" + socket,
                             "--ctrl",
                             "type=unixio,path=" + socket + ".ctrl",
                             "--flags",
                             startup == Startup::clear ? "not-need-init,startup-clear" : "not-need-init"};
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t output;
  posix_spawn_file_actions_init(&output);
  const std::string log = directory_ + "/swtpm.log";
  posix_spawn_file_actions_addopen(&output, STDERR_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  const int error = ::posix_spawnp(&pid_, "swtpm", &output, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&output);
  if (error != 0) throw std::runtime_error("swtpm is not installed");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!answers(socket + ".ctrl")) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("swtpm did not come up");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // another process's socket has no event to wait for
  }
}

void Swtpm::suspend() {
  ::kill(pid_, SIGSTOP);
  ::waitpid(pid_, nullptr, WUNTRACED);  // it takes effect later than kill() returns
}

void Swtpm::resume() { ::kill(pid_, SIGCONT); }

void Swtpm::kill_hard() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace vouchgate::test
