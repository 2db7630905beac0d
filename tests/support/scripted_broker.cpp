// The scripted broker's packets (MQTT 3.1.1 chapters 2 and 3) over OpenSSL. Never keeps a session.
#include "scripted_broker.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>

#include "mosquitto.hpp"

namespace vouchgate::test {
namespace {

using Context = std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)>;
using Tls = std::unique_ptr<SSL, void (*)(SSL*)>;

std::string packet(std::uint8_t first, const std::string& body) {
  return std::string{static_cast<char>(first), static_cast<char>(body.size())} + body;  // bodies here are < 128 bytes
}

bool send(SSL* tls, const std::string& bytes) {
  return SSL_write(tls, bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size());
}

bool read_exactly(SSL* tls, char* to, std::size_t size) {
  for (std::size_t got = 0; got < size;) {
    const int n = SSL_read(tls, to + got, static_cast<int>(size - got));
    if (n <= 0) return false;
    got += static_cast<std::size_t>(n);
  }
  return true;
}

bool read_packet(SSL* tls, std::uint8_t& first, std::string& body) {
  char byte = 0;
  if (!read_exactly(tls, &byte, 1)) return false;
  first = static_cast<std::uint8_t>(byte);
  std::size_t size = 0;
  for (int shift = 0; shift <= 21; shift += 7) {  // remaining length, section 2.2.3
    if (!read_exactly(tls, &byte, 1)) return false;
    size |= static_cast<std::size_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) break;
  }
  body.resize(size);
  return read_exactly(tls, body.data(), size);
}

int listen_on_loopback(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd, 8) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("the scripted broker cannot listen");
  port = ntohs(address.sin_port);
  return fd;
}

// The topic filters of a SUBSCRIBE, counted (section 3.8.3).
std::size_t filters_in(const std::string& body) {
  std::size_t count = 0;
  for (std::size_t at = 2; at + 2 < body.size(); ++count)
    at += 2u + static_cast<unsigned char>(body[at]) * 256u + static_cast<unsigned char>(body[at + 1]) + 1u;
  return count;
}

}  // namespace

ScriptedBroker::ScriptedBroker(Script script) : script_(std::move(script)) {
  ::signal(SIGPIPE, SIG_IGN);
  if (::pipe(stop_pipe_) != 0) throw std::runtime_error("pipe failed");
  listener_ = listen_on_loopback(port_);
  thread_ = std::thread([this] { serve(); });
}

ScriptedBroker::~ScriptedBroker() {
  ::close(stop_pipe_[1]);  // readable at the other end from now on
  thread_.join();
  ::close(stop_pipe_[0]);
  ::close(listener_);
}

bool ScriptedBroker::wait_readable(int fd) const {
  pollfd both[] = {{fd, POLLIN, 0}, {stop_pipe_[0], POLLIN, 0}};
  return ::poll(both, 2, -1) > 0 && both[1].revents == 0;
}

void ScriptedBroker::serve() {
  const Context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX_use_certificate_file(context.get(), certificates().certificate(script_.certificate).c_str(),
                               SSL_FILETYPE_PEM);
  SSL_CTX_use_PrivateKey_file(context.get(), certificates().key(script_.certificate).c_str(), SSL_FILETYPE_PEM);
  while (wait_readable(listener_)) {
    const int fd = ::accept(listener_, nullptr, nullptr);
    if (fd < 0) continue;
    talk(fd, context.get());
    ::close(fd);
  }
}

// Blocks in SSL_read only after poll saw bytes or OpenSSL holds some: a client under test sends whole records.
void ScriptedBroker::talk(int fd, void* context) {
  if (script_.silent_after_accept) {
    char byte = 0;
    while (wait_readable(fd) && ::recv(fd, &byte, 1, 0) > 0) continue;
    return;
  }
  if (!wait_readable(fd)) return;
  const Tls tls(SSL_new(static_cast<SSL_CTX*>(context)), SSL_free);
  SSL_set_fd(tls.get(), fd);
  if (SSL_accept(tls.get()) != 1) return;
  std::uint8_t first = 0;
  std::string body;
  while (SSL_pending(tls.get()) > 0 || wait_readable(fd)) {
    if (!read_packet(tls.get(), first, body) || !answer(tls.get(), first, body)) break;
  }
}

bool ScriptedBroker::answer(void* session, std::uint8_t type, const std::string& body) {
  auto* tls = static_cast<SSL*>(session);
  switch (type >> 4) {
    case 1: {  // CONNECT: 6 bytes of protocol name, level, flags (section 3.1.2)
      level_ = body.size() > 7 ? body[6] : 0;
      flags_ = body.size() > 7 ? static_cast<unsigned char>(body[7]) : 0;
      ++connects_;
      if (script_.silent_after_handshake) return true;
      if (script_.cut_before_connack) return false;
      return send(tls, packet(0x20, {'\0', static_cast<char>(script_.connack)})) && script_.connack == 0 &&
             !script_.cut_after_connack;
    }
    case 3: {  // PUBLISH, QoS 1: the identifier follows the topic
      ++publishes_;
      if (script_.withhold_puback) return true;
      const std::size_t at = 2u + static_cast<unsigned char>(body[0]) * 256u + static_cast<unsigned char>(body[1]);
      return send(tls, packet(0x40, body.substr(at, 2)));
    }
    case 8: {  // SUBSCRIBE
      std::string codes = body.substr(0, 2);
      for (std::size_t i = 0; i < filters_in(body); ++i)
        codes += static_cast<char>(script_.granted[i % script_.granted.size()]);
      return send(tls, packet(0x90, codes));
    }
    case 12: return send(tls, packet(0xd0, ""));  // PINGREQ
    default: return false;                        // DISCONNECT, or nothing this broker knows
  }
}

}  // namespace vouchgate::test
