// Runs openssl and mosquitto for the tests. Never waits without a deadline.
#include "mosquitto.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace vouchgate::test {
namespace fs = std::filesystem;
namespace {

fs::path fresh_folder() {
  std::string name = (fs::temp_directory_path() / "vouchgate-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  return name;
}

void run(const std::string& command) {
  if (std::system((command + " >/dev/null 2>&1").c_str()) != 0) throw std::runtime_error("failed: " + command);
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

bool accepts(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = loopback(port);
  const bool yes = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return yes;
}

pid_t spawn(const std::string& config, const std::string& log) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(out, 1);
  ::dup2(out, 2);
  ::execlp("mosquitto", "mosquitto", "-c", config.c_str(), nullptr);
  ::execl("/usr/sbin/mosquitto", "mosquitto", "-c", config.c_str(), nullptr);
  ::_exit(127);
}

}  // namespace

Certificates::Certificates() : folder_(fresh_folder()) {
  make_ca("ca");
  make_ca("other-ca");
  make_server("server", "ca", "DNS:localhost,IP:127.0.0.1");
  make_server("wrong-host", "ca", "DNS:elsewhere.example");
  make_server("other-server", "other-ca", "DNS:localhost,IP:127.0.0.1");
}

Certificates::~Certificates() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void Certificates::make_ca(const std::string& name) {
  run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=" + name +
      "' -keyout " + key(name) + " -out " + certificate(name));
}

void Certificates::make_server(const std::string& name, const std::string& ca, const std::string& alternative_names) {
  const auto extensions = file(name + ".ext");
  std::ofstream(extensions) << "subjectAltName=" << alternative_names << "\nbasicConstraints=CA:FALSE\n";
  run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=" + name + "' -keyout " + key(name) +
      " -out " + file(name + ".csr"));
  run("openssl x509 -req -days 30 -in " + file(name + ".csr") + " -CA " + certificate(ca) + " -CAkey " + key(ca) +
      " -CAcreateserial -extfile " + extensions + " -out " + certificate(name));
}

const Certificates& certificates() {
  static const Certificates the;
  return the;
}

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no free port");
  ::close(fd);
  return ntohs(address.sin_port);
}

Mosquitto::Mosquitto(const std::string& certificate, std::string extra) : folder_(fresh_folder()), port_(free_port()) {
  std::ofstream(folder_ / "mosquitto.conf")
      << "listener " << port_ << " 127.0.0.1\nallow_anonymous true\npersistence false\nmax_inflight_messages 0\n"
      << "max_queued_messages 0\nset_tcp_nodelay true\ncertfile " << certificates().certificate(certificate)
      << "\nkeyfile " << certificates().key(certificate) << "\n"
      << extra;
  if (::geteuid() == 0) {  // mosquitto drops root for user mosquitto, who must read its files; they guard nothing
    fs::permissions(folder_, fs::perms(0755));
    fs::permissions(certificates().folder(), fs::perms(0755));
    fs::permissions(certificates().key(certificate), fs::perms(0644));
  }
  start();
}

Mosquitto::~Mosquitto() {
  kill();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void Mosquitto::start() {
  kill();
  pid_ = spawn((folder_ / "mosquitto.conf").string(), (folder_ / "log").string());
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!accepts(port_)) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = 0;
      std::ifstream log(folder_ / "log");
      throw std::runtime_error("mosquitto ended: " + std::string(std::istreambuf_iterator<char>(log), {}));
    }
    if (std::chrono::steady_clock::now() > until) throw std::runtime_error("mosquitto did not listen within 10 s");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // between two looks at the port
  }
}

void Mosquitto::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

}  // namespace vouchgate::test
