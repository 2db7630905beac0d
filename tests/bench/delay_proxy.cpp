// A TCP relay that holds every byte back for a fixed time, so that loopback has a round trip. Never limits bandwidth
// and never reorders. delay_proxy --target PORT [--delay-ms EACH_WAY] [--listen PORT, 0 = any]; prints "listening
// PORT".
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <deque>
#include <list>

#include "bench_message.hpp"

namespace {

using namespace vouchgate::bench;

constexpr std::size_t most_waiting = std::size_t{64} << 20;  // bytes one way; a sender beyond it is not read

sockaddr_in loopback(std::int64_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void tune(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
}

// Bytes on their way from one socket to the other.
struct Way {
  struct Chunk {
    std::int64_t due_ns;
    std::string bytes;
  };
  int from, to;
  std::deque<Chunk> chunks;
  std::size_t waiting = 0;
  bool over = false;  // `from` sends no more
  bool shut = false;  // `to` was told so

  bool wants_input() const { return !over && waiting < most_waiting; }
  bool is_due(std::int64_t now) const { return !chunks.empty() && chunks.front().due_ns <= now; }

  void take(std::int64_t delay_ns) {
    static std::string buffer(std::size_t{256} << 10, '\0');
    const ssize_t size = ::recv(from, buffer.data(), buffer.size(), 0);
    if (size > 0) {
      chunks.push_back({now_ns() + delay_ns, buffer.substr(0, static_cast<std::size_t>(size))});
      waiting += static_cast<std::size_t>(size);
    } else if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
      over = true;
    }
  }

  // False: the other side is gone.
  bool give() {
    for (const std::int64_t now = now_ns(); is_due(now);) {
      std::string& bytes = chunks.front().bytes;
      const ssize_t size = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size < 0) return errno == EAGAIN || errno == EINTR;
      waiting -= static_cast<std::size_t>(size);
      bytes.erase(0, static_cast<std::size_t>(size));
      if (bytes.empty()) chunks.pop_front();
    }
    if (over && chunks.empty() && !shut) {
      shut = true;
      ::shutdown(to, SHUT_WR);
    }
    return true;
  }
};

struct Pair {
  Way up, down;
  bool dead = false;
};

class Relay {
 public:
  Relay(int listener, std::int64_t target, std::int64_t delay_ns)
      : listener_(listener), target_(target), delay_ns_(delay_ns) {}

  [[noreturn]] void run() {
    for (;;) {
      wait();
      if ((polled_[0].revents & POLLIN) != 0) admit();
      std::size_t at = 1;
      for (Pair& pair : pairs_) {
        if (at + 1 >= polled_.size()) break;  // admitted in this turn
        if ((polled_[at++].revents & (POLLIN | POLLHUP | POLLERR)) != 0) pair.up.take(delay_ns_);
        if ((polled_[at++].revents & (POLLIN | POLLHUP | POLLERR)) != 0) pair.down.take(delay_ns_);
      }
      for (Pair& pair : pairs_) pair.dead = !pair.up.give() || !pair.down.give() || (pair.up.shut && pair.down.shut);
      pairs_.remove_if([](const Pair& pair) {
        if (pair.dead) ::close(pair.up.from), ::close(pair.down.from);
        return pair.dead;
      });
    }
  }

 private:
  // Until a socket is ready or the first chunk is due.
  void wait() {
    const std::int64_t now = now_ns();
    std::int64_t next = now + 1'000'000'000;
    polled_.assign(1, {listener_, POLLIN, 0});
    for (const Pair& pair : pairs_) {
      for (const auto& [way, back] : {std::pair{&pair.up, &pair.down}, std::pair{&pair.down, &pair.up}}) {
        const int events = (way->wants_input() ? POLLIN : 0) | (back->is_due(now) ? POLLOUT : 0);
        polled_.push_back({events == 0 ? -1 : way->from, static_cast<short>(events), 0});
        if (!way->chunks.empty() && !way->is_due(now)) next = std::min(next, way->chunks.front().due_ns);
      }
    }
    const timespec time{0, static_cast<long>(std::clamp<std::int64_t>(next - now, 0, 999'999'999))};
    if (::ppoll(polled_.data(), polled_.size(), &time, nullptr) < 0) polled_.assign(1, {listener_, 0, 0});
  }

  void admit() {
    const int near = ::accept(listener_, nullptr, nullptr);
    if (near < 0) return;
    const int far = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = loopback(target_);
    if (::connect(far, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ::close(far);
      ::close(near);
      return;
    }
    tune(near);
    tune(far);
    pairs_.push_back({Way{near, far, {}}, Way{far, near, {}}});
  }

  const int listener_;
  const std::int64_t target_, delay_ns_;
  std::list<Pair> pairs_;
  std::vector<pollfd> polled_;  // the listener, then two for each pair, in order
};

}  // namespace

int main(int count, char** values) {
  const Options options(count, values);
  const std::int64_t target = options.number("--target", 0);
  if (target == 0) {
    std::fputs("usage: delay_proxy --target PORT [--delay-ms EACH_WAY] [--listen PORT]\n", stderr);
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  auto address = loopback(options.number("--listen", 0));
  socklen_t size = sizeof address;
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), size) != 0 || ::listen(listener, 16) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::perror("delay_proxy");
    return 1;
  }
  std::printf("listening %u\n", ntohs(address.sin_port));
  std::fflush(stdout);
  Relay(listener, target, options.number("--delay-ms", 0) * 1'000'000).run();
}
