// posix_spawnp(3), one pipe for both of its outputs, poll(2).
#include "program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace vouchgate::cli::check {
namespace {

Result<pid_t> start(const std::vector<std::string>& words, int output) {
  std::vector<std::string> owned = words;
  std::vector<char*> arguments;
  for (std::string& argument : owned) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  pid_t child = -1;
  const int error = ::posix_spawnp(&child, arguments.front(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error == 0) return child;
  return fail(error == ENOENT ? Code::not_found : Code::unavailable, "program", words.front(),
              std::generic_category().message(error));
}

// False: the deadline passed before the end of the output.
bool read_all(int input, std::chrono::steady_clock::time_point deadline, std::size_t most, std::string& out) {
  while (out.size() < most) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    pollfd entry{input, POLLIN, 0};
    if (left <= 0 || ::poll(&entry, 1, static_cast<int>(std::min<long long>(left, 60'000))) == 0) return false;
    char buffer[4096];
    const ssize_t got = ::read(input, buffer, sizeof buffer);
    if (got == 0 || (got < 0 && errno != EINTR)) return true;
    if (got > 0) out.append(buffer, static_cast<std::size_t>(got));
  }
  return false;  // it prints without end
}

}  // namespace

Result<Printed> run_program(const std::vector<std::string>& words, std::chrono::milliseconds patience,
                            std::size_t most) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return fail(Code::unavailable, "program", words.front(), std::generic_category().message(errno));
  const auto child = start(words, ends[1]);
  ::close(ends[1]);
  Printed out;
  const bool ended = child && read_all(ends[0], std::chrono::steady_clock::now() + patience, most, out.text);
  ::close(ends[0]);
  if (!child) return fail(child.error());
  if (!ended) ::kill(*child, SIGKILL);
  int status = 0;
  while (::waitpid(*child, &status, 0) < 0 && errno == EINTR) {}
  if (!ended) return fail(Code::timeout, "program", words.front(), "did not end in time");
  out.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return out;
}

}  // namespace vouchgate::cli::check
