// getaddrinfo(3), a non-blocking connect(2) for each address, a handshake.
#include "network_look.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

namespace vouchgate::cli::check {
namespace {

using std::chrono::steady_clock;
using Addresses = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

// The complaint is empty when there is an address.
std::pair<Addresses, std::string> addresses_of(const Endpoint& endpoint) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int answer = ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &wanted, &list);
  return {Addresses(list, ::freeaddrinfo), answer == 0 ? "" : "no address: " + std::string(::gai_strerror(answer))};
}

std::string text_of(const addrinfo& address) {
  char host[NI_MAXHOST];
  const int failed = ::getnameinfo(address.ai_addr, address.ai_addrlen, host, sizeof host, nullptr, 0, NI_NUMERICHOST);
  return failed == 0 ? host : "";
}

// 0 or an errno value; `out` is connected on 0.
int connect_to(const addrinfo& address, Monotonic deadline, Socket& out) {
  Socket made(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (made.get() < 0) return errno;
  int error = ::connect(made.get(), address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
    pollfd waiting{made.get(), POLLOUT, 0};
    socklen_t size = sizeof error;
    if (::poll(&waiting, 1, static_cast<int>(std::clamp<long long>(left, 0, 60'000))) <= 0)
      error = ETIMEDOUT;
    else if (::getsockopt(made.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0)
      error = errno;
  }
  if (error == 0) out = std::move(made);
  return error;
}

struct Connected {
  Socket socket{-1};
  Reached reached;
};

Connected connect_endpoint(const Endpoint& endpoint, Duration patience) {
  Connected out;
  out.reached.endpoint = endpoint;
  const auto [list, complaint] = addresses_of(endpoint);
  out.reached.complaint = complaint;
  const auto begin = steady_clock::now();
  for (const addrinfo* address = list.get(); address != nullptr; address = address->ai_next) {
    const int error = connect_to(*address, begin + patience, out.socket);
    out.reached.address = text_of(*address);
    out.reached.complaint = error == 0 ? "" : out.reached.address + ": " + std::generic_category().message(error);
    if (error == 0) break;
  }
  out.reached.took = std::chrono::duration_cast<Duration>(steady_clock::now() - begin);
  return out;
}

}  // namespace

std::vector<Endpoint> endpoints_of(const CloudSettings& settings) {
  std::vector<Endpoint> out;
  for (const std::string& url : settings.endpoints)
    if (auto endpoint = Endpoint::parse(url)) out.push_back(std::move(*endpoint));
  return out;
}

std::vector<Resolved> resolve(const std::vector<Endpoint>& endpoints) {
  std::vector<Resolved> out;
  for (const Endpoint& endpoint : endpoints) {
    // The same host at two ports is one question: a name server that hangs is waited for once.
    if (const auto same = std::ranges::find(out, endpoint.host, [](const Resolved& one) { return one.endpoint.host; });
        same != out.end()) {
      out.push_back({endpoint, same->addresses, same->complaint});
      continue;
    }
    const auto [list, complaint] = addresses_of(endpoint);
    Resolved one{endpoint, {}, complaint};
    for (const addrinfo* address = list.get(); address != nullptr; address = address->ai_next)
      one.addresses.push_back(text_of(*address));
    out.push_back(std::move(one));
  }
  return out;
}

std::vector<Reached> reach(const std::vector<Endpoint>& endpoints, Duration patience) {
  std::vector<Reached> out;
  for (const Endpoint& endpoint : endpoints) out.push_back(connect_endpoint(endpoint, patience).reached);
  return out;
}

std::vector<Greeted> greet(const std::vector<Endpoint>& endpoints, const TlsSettings& settings, Duration patience) {
  std::vector<Greeted> out;
  for (const Endpoint& endpoint : endpoints) {
    const auto deadline = steady_clock::now() + patience;
    const Connected connected = connect_endpoint(endpoint, patience);
    if (connected.reached.complaint.empty())
      out.push_back({endpoint, provision::look_at_server(connected.socket.get(), endpoint.host, settings, deadline)});
    else
      out.push_back({endpoint, fail(Code::unavailable, "tls", endpoint.text(), connected.reached.complaint)});
  }
  return out;
}

}  // namespace vouchgate::cli::check
