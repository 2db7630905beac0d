// Starts and stops vouchgate-emulator-atecc608 of this build.
#include "simulated_chip.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <thread>
#include <vector>

namespace vouchgate::test {

bool SimulatedChip::possible() { return ::geteuid() == 0 && ::access("/dev/fuse", R_OK | W_OK) == 0; }

SimulatedChip::SimulatedChip(std::string preset) : preset_(std::move(preset)) {
  char name[] = "/tmp/vouchgate-chip-XXXXXX";
  if (::mkdtemp(name) == nullptr) throw std::runtime_error("mkdtemp");
  directory_ = name;
  start();
}

SimulatedChip::~SimulatedChip() {
  stop();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void SimulatedChip::start() {
  const std::string program = VOUCHGATE_BINARY_DIR "/vouchgate-emulator-atecc608";
  std::string arguments[] = {program,    "--state", directory_ + "/chip.json", "--fuse", directory_ + "/bus",
                             "--preset", preset_};
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t output;
  posix_spawn_file_actions_init(&output);
  const std::string log = directory_ + "/log";
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO})
    posix_spawn_file_actions_addopen(&output, stream, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  const int error = ::posix_spawn(&pid_, program.c_str(), &output, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&output);
  if (error != 0) throw std::runtime_error("vouchgate-emulator-atecc608 is not built");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (::access(bus().c_str(), F_OK) != 0) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("the simulated chip did not come up");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // another process's mount has no event to wait for
  }
}

void SimulatedChip::stop() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);  // so that it unmounts
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace vouchgate::test
