// One child of the load generator: a connection, the bytes still to be written, and when each unanswered message was
// sent. Never blocks once it is open.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <memory>

#include "bench_message.hpp"

namespace vouchgate::bench {

struct Answers {
  std::int64_t stored = 0, refused = 0;
  std::vector<float> waits;  // milliseconds from the write to "stored"
};

class Child {
 public:
  explicit Child(int fd) : fd_(fd) {}
  virtual ~Child() { ::close(fd_); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  std::int64_t unanswered() const { return static_cast<std::int64_t>(sent_.size()); }
  void write(const Stamp& stamp, std::size_t size) {
    if (output_.empty()) written_ = 0;
    encode(output_, payload_of(stamp, size));
    sent_.push_back(stamp.sent_ns);
  }
  pollfd wanted() const { return {fd_, static_cast<short>(POLLIN | (output_.empty() ? 0 : POLLOUT)), 0}; }

  // False: the connection is over.
  bool exchange(short ready, Answers& answers) {
    if ((ready & POLLOUT) != 0 && !flush()) return false;
    if ((ready & (POLLIN | POLLHUP | POLLERR)) == 0) return true;
    char buffer[65536];
    const ssize_t size = ::recv(fd_, buffer, sizeof buffer, 0);
    if (size <= 0) return size < 0 && (errno == EAGAIN || errno == EINTR);
    input_.append(buffer, static_cast<std::size_t>(size));
    input_.erase(0, decode(input_, answers));
    return true;
  }

  void become_patient() { ::fcntl(fd_, F_SETFL, O_NONBLOCK); }

 protected:
  virtual void encode(std::string& output, const std::string& payload) = 0;
  virtual std::size_t decode(std::string_view input, Answers& answers) = 0;  // how many bytes were used

  // Both protocols answer a connection's messages in their order.
  void answered(Answers& answers, bool stored) {
    if (sent_.empty()) return;
    if (stored) answers.waits.push_back(static_cast<float>(static_cast<double>(now_ns() - sent_.front()) / 1e6));
    sent_.pop_front();
    ++(stored ? answers.stored : answers.refused);
  }

  const int fd_;

 private:
  bool flush() {
    const ssize_t size = ::send(fd_, output_.data() + written_, output_.size() - written_, MSG_NOSIGNAL);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    written_ += static_cast<std::size_t>(size);
    if (written_ < output_.size()) return true;
    output_.clear();
    return true;
  }

  std::string output_, input_;
  std::size_t written_ = 0;
  std::deque<std::int64_t> sent_;
};

// docs/child-protocol.md
class UnixChild : public Child {
 public:
  using Child::Child;
  bool greet(unsigned index) {
    char name[32];
    std::snprintf(name, sizeof name, "child-%05u", index);
    const std::string hello = std::string(R"({"op":"hello","device":")") + name + "\"}\n";
    if (::send(fd_, hello.data(), hello.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(hello.size())) return false;
    char answer[4096];
    const ssize_t size = ::recv(fd_, answer, sizeof answer, 0);
    return size > 0 && std::string_view(answer, static_cast<std::size_t>(size)).find("welcome") != std::string::npos;
  }

 protected:
  void encode(std::string& output, const std::string& payload) override {
    output += R"({"op":"event","id":")" + std::to_string(next_++) + R"(","data":")" + payload + "\"}\n";
  }
  std::size_t decode(std::string_view input, Answers& answers) override {
    std::size_t used = 0;
    for (auto end = input.find('\n'); end != std::string_view::npos; end = input.find('\n', used)) {
      const std::string_view line = input.substr(used, end - used);
      used = end + 1;
      const bool stored = line.starts_with(R"({"op":"stored")");
      if (stored || line.starts_with(R"({"op":"error")")) answered(answers, stored);
    }
    return used;
  }

 private:
  std::uint64_t next_ = 1;
};

// MQTT 3.1.1, QoS 1.
class MqttChild : public Child {
 public:
  MqttChild(int fd, std::string topic) : Child(fd), topic_(std::move(topic)) {}
  bool greet(unsigned index) {
    const std::string id = "bench-" + std::to_string(index);
    std::string packet = std::string("\0\4MQTT\4\2\0\0", 10) + field(id);
    packet = std::string("\x10", 1) + static_cast<char>(packet.size()) + packet;
    if (::send(fd_, packet.data(), packet.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(packet.size())) return false;
    char answer[4] = {};
    return ::recv(fd_, answer, sizeof answer, MSG_WAITALL) == 4 && answer[0] == 0x20 && answer[3] == 0;
  }

 protected:
  void encode(std::string& output, const std::string& payload) override {
    id_ = id_ == 65535 ? 1 : id_ + 1;
    output += '\x32';
    for (std::size_t rest = 2 + topic_.size() + 2 + payload.size();;) {
      const auto low = static_cast<char>(rest & 0x7f);
      rest >>= 7;
      output += rest > 0 ? static_cast<char>(low | '\x80') : low;
      if (rest == 0) break;
    }
    output += field(topic_);
    output += static_cast<char>(id_ >> 8);
    output += static_cast<char>(id_ & 0xff);
    output += payload;
  }
  std::size_t decode(std::string_view input, Answers& answers) override {
    std::size_t used = 0;
    for (; input.size() - used >= 4; used += 4)
      if (input[used] == 0x40) answered(answers, true);
    return used;
  }

 private:
  static std::string field(const std::string& text) {
    return std::string{static_cast<char>(text.size() >> 8), static_cast<char>(text.size() & 0xff)} + text;
  }
  const std::string topic_;
  unsigned id_ = 0;
};

inline std::unique_ptr<Child> open_unix(const std::string& path, unsigned index) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  auto child = std::make_unique<UnixChild>(fd);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || !child->greet(index))
    return nullptr;
  return child;
}

inline std::unique_ptr<Child> open_mqtt(std::int64_t port, const std::string& prefix, unsigned index) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  auto child = std::make_unique<MqttChild>(fd, prefix + "c" + std::to_string(index));
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || !child->greet(index))
    return nullptr;
  return child;
}

inline std::unique_ptr<Child> open_child(const Options& options, unsigned index) {
  auto child = options.text("--unix").empty() ? open_mqtt(options.number("--mqtt", 0), options.text("--topic"), index)
                                              : open_unix(options.text("--unix"), index);
  if (child == nullptr)
    std::fprintf(stderr, "bench_feeder: child %u: no connection: %s\n", index, std::strerror(errno));
  else
    child->become_patient();
  return child;
}

}  // namespace vouchgate::bench
