// Prepares files, picks the port, runs the broker as a child and passes signals on. Never outlives it, nor it us.
#include "launcher.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <openssl/rand.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <sstream>

#include "broker_config.hpp"
#include "vouchgate/base/bytes.hpp"

namespace vouchgate::emulator {
namespace {

namespace fs = std::filesystem;

auto failed(const std::string& subject, std::string reason, std::string hint = {}) {
  return fail(Code::unavailable, "emulator", subject, std::move(reason), std::move(hint));
}

// The state directory; a temporary one goes when this goes.
struct StateDirectory {
  std::string path;
  bool temporary = false;
  StateDirectory() = default;
  StateDirectory(const StateDirectory&) = delete;
  StateDirectory& operator=(const StateDirectory&) = delete;
  ~StateDirectory() {
    std::error_code ignored;
    if (temporary) fs::remove_all(path, ignored);
  }
  Result<void> open(const std::string& wanted) {
    std::error_code error;
    if (!wanted.empty()) {
      path = fs::absolute(wanted, error).string();
      fs::create_directories(path, error);
      if (error) return failed(wanted, error.message());
      return {};
    }
    std::string pattern = (fs::temp_directory_path(error) / "vouchgate-emulator-XXXXXX").string();
    if (error || ::mkdtemp(pattern.data()) == nullptr) return failed(pattern, std::strerror(errno));
    path = pattern;
    temporary = true;
    return {};
  }
};

// Keeps a port for the broker: bound but not listening, and reusable, so the kernel gives it to nobody else and the
// broker can still listen on it.
struct PortHold {
  int descriptor = -1;
  PortHold() = default;
  PortHold(const PortHold&) = delete;
  PortHold& operator=(const PortHold&) = delete;
  ~PortHold() {
    if (descriptor >= 0) ::close(descriptor);
  }
  Result<int> take(const std::string& host, int port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    addrinfo* found = nullptr;
    const int rc = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (rc != 0) return failed(host, ::gai_strerror(rc));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
    descriptor = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(descriptor, found->ai_addr, found->ai_addrlen) != 0)
      return failed(host + ":" + std::to_string(port), std::strerror(errno), "choose another with --port, or --port 0");
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&bound), &size);
    std::array<char, NI_MAXSERV> service{};
    ::getnameinfo(reinterpret_cast<sockaddr*>(&bound), size, nullptr, 0, service.data(), service.size(),
                  NI_NUMERICSERV);
    return std::atoi(service.data());
  }
};

Result<std::string> find_plugin() {
  constexpr const char* name = "vouchgate_emulator_plugin.so";
  std::error_code error;
  const fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& candidate : {here / name, here / ".." / VOUCHGATE_EMULATOR_PLUGIN_SUBDIR / name})
    if (fs::exists(candidate, error)) return fs::canonical(candidate, error).string();
  return failed(name, "not found next to the program nor where it is installed", "name it with --plugin");
}

Result<std::string> find_mosquitto() {
  const char* path = std::getenv("PATH");
  std::stringstream folders(std::string(path == nullptr ? "" : path) + ":/usr/sbin:/usr/local/sbin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::string candidate = folder + "/mosquitto";
    if (!folder.empty() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return failed("mosquitto", "not found in PATH", "install the package mosquitto, or name it with --mosquitto");
}

Result<Admin> generated_admin() {
  Bytes secret(18);
  if (RAND_bytes(secret.data(), static_cast<int>(secret.size())) != 1) return failed("password", "no random bytes");
  return Admin{"admin", base64url(secret)};
}

Result<Registry> read_registry(const std::string& file) {
  RegistryReading reading = load_registry(file);
  if (reading.registry) return std::move(*reading.registry);
  for (const Error& mistake : reading.mistakes) std::fprintf(stderr, "%s\n", mistake.text().c_str());
  const std::size_t count = reading.mistakes.size();
  return fail(Code::invalid, "emulator", file, std::to_string(count) + (count == 1 ? " mistake" : " mistakes"));
}

// 0600 from the start: it may hold the admin's password.
Result<std::string> write_config(const std::string& directory, const std::string& text) {
  const std::string path = directory + "/mosquitto.conf";
  ::unlink(path.c_str());
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return failed(path, std::strerror(errno));
  const ssize_t written = ::write(descriptor, text.data(), text.size());
  ::close(descriptor);
  if (written != static_cast<ssize_t>(text.size())) return failed(path, "cannot be written");
  return path;
}

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&set, number);
  return set;
}

pid_t start(const std::string& program, const std::string& config, const sigset_t& signals) {
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(1);  // the parent was gone before the line above
  ::sigprocmask(SIG_UNBLOCK, &signals, nullptr);
  ::execl(program.c_str(), program.c_str(), "-c", config.c_str(), static_cast<char*>(nullptr));
  std::fprintf(stderr, "emulator: %s: %s\n", program.c_str(), std::strerror(errno));
  ::_exit(127);
}

Result<void> ending(const std::string& program, int status, bool asked) {
  if (asked) return {};
  if (WIFSIGNALED(status)) return failed(program, "was ended by signal " + std::to_string(WTERMSIG(status)));
  return failed(program, "ended with code " + std::to_string(WEXITSTATUS(status)), "its own lines above say why");
}

Result<void> stay(pid_t child, const std::string& program, const std::string& registry, const sigset_t& signals) {
  bool asked = false;
  while (true) {
    int number = 0;
    if (::sigwait(&signals, &number) != 0) continue;
    if (number == SIGTERM || number == SIGINT) {
      asked = true;
      ::kill(child, SIGTERM);
    } else if (number == SIGHUP) {
      const auto good = read_registry(registry);
      if (good)
        ::kill(child, SIGHUP);
      else
        std::fprintf(stderr, "%s\n  hint: the old registry stays in force\n", good.error().text().c_str());
    } else {
      int status = 0;
      if (::waitpid(child, &status, WNOHANG) == child) return ending(program, status, asked);
    }
  }
}

}  // namespace

Result<void> run(Options options) {
  const auto registry = read_registry(options.registry);
  if (!registry) return fail(registry.error());
  options.registry = fs::absolute(options.registry).string();
  const auto program = options.mosquitto.empty() ? find_mosquitto() : Result<std::string>(options.mosquitto);
  if (!program) return fail(program.error());
  const auto plugin =
      options.plugin.empty() ? find_plugin() : Result<std::string>(fs::absolute(options.plugin).string());
  if (!plugin) return fail(plugin.error());
  options.plugin = *plugin;
  StateDirectory state;
  if (auto opened = state.open(options.state_dir); !opened) return opened;
  PortHold hold;
  const auto port = hold.take(options.listen, options.port);
  if (!port) return fail(port.error());
  options.port = *port;
  BrokerPlan plan{options, {"", options.certificate, options.key}, {}, ::geteuid() == 0};
  if (options.certificate.empty()) {
    auto files = make_server_files(state.path, options.listen);
    if (!files) return fail(files.error());
    plan.files = *files;
  }
  if (!registry->admin) {
    auto admin = generated_admin();
    if (!admin) return fail(admin.error());
    plan.admin = *admin;
  }
  const auto config = write_config(state.path, broker_config(plan));
  if (!config) return fail(config.error());
  const sigset_t signals = handled_signals();
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  const pid_t child = start(*program, *config, signals);
  if (child < 0) return failed(*program, std::strerror(errno));
  return stay(child, *program, options.registry, signals);
}

}  // namespace vouchgate::emulator
