// A private mosquitto with TLS on a free loopback port, and the certificates for it. Never touches a broker it did not
// start.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace vouchgate::test {

// A CA, a server certificate for localhost and 127.0.0.1, one for another host name, and a second CA with its own
// server certificate; P-256, made by the openssl command line. Removed with the object.
class Certificates {
 public:
  Certificates();
  ~Certificates();
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  std::string ca() const { return file("ca.pem"); }
  std::string other_ca() const { return file("other-ca.pem"); }
  // `name` is "server", "wrong-host" or "other-server".
  std::string certificate(const std::string& name) const { return file(name + ".pem"); }
  std::string key(const std::string& name) const { return file(name + ".key"); }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::string file(const std::string& name) const { return (folder_ / name).string(); }
  void make_ca(const std::string& name);
  void make_server(const std::string& name, const std::string& ca, const std::string& alternative_names);
  std::filesystem::path folder_;
};

// The certificates of this test program: made once, on first use.
const Certificates& certificates();

// A port that was free a moment ago.
std::uint16_t free_port();

class Mosquitto {
 public:
  // Starts and waits until it accepts TCP. `extra` is appended to its configuration. Throws when it does not start.
  explicit Mosquitto(const std::string& certificate = "server", std::string extra = "");
  ~Mosquitto();
  Mosquitto(const Mosquitto&) = delete;
  Mosquitto& operator=(const Mosquitto&) = delete;

  std::uint16_t port() const { return port_; }
  void kill();   // SIGKILL; does nothing when it is down
  void start();  // again, on the same port

 private:
  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  pid_t pid_ = 0;
};

}  // namespace vouchgate::test
