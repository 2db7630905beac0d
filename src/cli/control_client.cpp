// A blocking Unix-socket client with deadlines. Never raises a signal when the daemon goes away.
#include "control_client.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <nlohmann/json.hpp>
#include <system_error>

#include "vouchgate/base/spell.hpp"

namespace vouchgate::cli {
namespace {

using std::chrono::steady_clock;
constexpr auto patience = std::chrono::seconds(10);

tl::unexpected<Error> gone() {
  return fail(Code::unavailable, "control", "", "the daemon closed the connection",
              "see 'systemctl status vouchgated'");
}

tl::unexpected<Error> cannot_connect(const std::string& path, int error) {
  if (error == ENOENT || error == ECONNREFUSED)
    return fail(Code::unavailable, "control", path, "the daemon is not running",
                "start it with 'systemctl start vouchgated', or name its configuration with --config");
  if (error == EACCES || error == EPERM)
    return fail(Code::denied, "control", path, "permission denied", "run as root or as a member of group vouchgate");
  return fail(Code::unavailable, "control", path, std::system_category().message(error));
}

Code code_of(std::string_view text) {
  for (int code = 0; code <= static_cast<int>(Code::internal); ++code)
    if (text == word(static_cast<Code>(code))) return static_cast<Code>(code);
  return Code::internal;
}

}  // namespace

std::optional<Error> error_of(std::string_view line) {
  if (!line.starts_with(R"({"op":"error")")) return std::nullopt;
  const auto answer = nlohmann::json::parse(line, nullptr, false);
  const auto text = [&](const char* key) {
    const auto found = answer.is_object() ? answer.find(key) : answer.end();
    return found != answer.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  return Error{code_of(text("code")), "", "", text("message"), text("hint")};
}

Result<ControlClient> ControlClient::connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return fail(Code::invalid, "control", path, "is not a possible socket path");
  std::memcpy(address.sun_path, path.data(), path.size());
  ControlClient client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (client.fd_ < 0) return cannot_connect(path, errno);
  const auto deadline = steady_clock::now() + patience;
  // A non-blocking connect() to a full backlog says EAGAIN, and poll() cannot wait for that (unix(7)).
  while (::connect(client.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno != EAGAIN) return cannot_connect(path, errno);
    if (steady_clock::now() > deadline)
      return fail(Code::timeout, "control", path, "the daemon does not accept connections");
    ::poll(nullptr, 0, 20);
  }
  return client;
}

ControlClient::ControlClient(ControlClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      input_(std::move(other.input_)),
      scanned_(other.scanned_),
      begin_(other.begin_) {}

ControlClient::~ControlClient() {
  if (fd_ >= 0) ::close(fd_);
}

// False: the deadline passed.
Result<bool> ControlClient::wait(short events, std::optional<Deadline> deadline) const {
  while (true) {
    int left = -1;
    if (deadline) {
      const auto until = std::chrono::ceil<std::chrono::milliseconds>(*deadline - steady_clock::now()).count();
      left = static_cast<int>(std::clamp<long long>(until, 0, INT_MAX));
    }
    pollfd entry{fd_, events, 0};
    const int ready = ::poll(&entry, 1, left);
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) return fail(Code::internal, "control", "", std::system_category().message(errno));
  }
}

Result<void> ControlClient::send(std::string_view line) {
  std::string all(line);
  all += '\n';
  for (std::string_view rest = all; !rest.empty();) {
    const ssize_t sent = ::send(fd_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) return gone();
    const auto ready = wait(POLLOUT, steady_clock::now() + patience);
    if (!ready) return fail(ready.error());
    if (!*ready) return fail(Code::timeout, "control", "", "the daemon reads nothing");
  }
  return {};
}

Result<std::optional<std::string>> ControlClient::receive(std::optional<Deadline> deadline) {
  while (true) {
    const auto newline = input_.find('\n', scanned_);
    if (newline != std::string::npos) {
      std::string line = input_.substr(begin_, newline - begin_);
      begin_ = scanned_ = newline + 1;
      return std::optional(std::move(line));
    }
    input_.erase(0, std::exchange(begin_, 0));
    scanned_ = input_.size();
    const auto ready = wait(POLLIN, deadline);
    if (!ready) return fail(ready.error());
    if (!*ready) return std::optional<std::string>();
    char buffer[65536];
    const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
    if (got > 0) input_.append(buffer, static_cast<std::size_t>(got));
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return gone();
  }
}

Result<std::string> ControlClient::ask(std::string_view line, std::chrono::seconds limit) {
  if (auto sent = send(line); !sent) return fail(std::move(sent.error()));
  auto answer = receive(steady_clock::now() + limit);
  if (!answer) return fail(std::move(answer.error()));
  if (!*answer) return fail(Code::timeout, "control", "", "the daemon did not answer within " + spell(limit));
  if (auto error = error_of(**answer)) return fail(std::move(*error));
  return std::move(**answer);
}

}  // namespace vouchgate::cli
