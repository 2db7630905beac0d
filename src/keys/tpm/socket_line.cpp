// TPM commands on a stream socket as swtpm(8) takes them: the bytes of the command, then those of the answer.
#include "socket_line.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <thread>

#include "recovery.hpp"

namespace vouchgate::keys::tpm {
namespace {

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

std::optional<Address> unix_address(const std::string& path) {
  Address out;
  auto& to = reinterpret_cast<sockaddr_un&>(out.bytes);
  if (path.empty() || path.size() >= sizeof to.sun_path) return std::nullopt;
  to.sun_family = AF_UNIX;
  path.copy(to.sun_path, sizeof to.sun_path - 1);
  out.size = sizeof to;
  return out;
}

std::optional<Address> tcp_address(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return std::nullopt;
  Address out;
  out.size = found->ai_addrlen;
  std::copy_n(reinterpret_cast<const char*>(found->ai_addr), out.size, reinterpret_cast<char*>(&out.bytes));
  ::freeaddrinfo(found);
  return out;
}

class SocketLine : public Line {
 public:
  explicit SocketLine(const Address& address) : address_(address) {}
  ~SocketLine() override { close(); }
  SocketLine(const SocketLine&) = delete;
  SocketLine& operator=(const SocketLine&) = delete;

  TSS2_RC transmit(ByteView command, Deadline until) override {
    if (const TSS2_RC rc = connect(until); rc != TSS2_RC_SUCCESS) return rc;
    while (!command.empty()) {
      const ssize_t sent = ::send(socket_, command.data(), command.size(), MSG_NOSIGNAL);
      if (sent > 0)
        command = command.subspan(static_cast<std::size_t>(sent));
      else if (errno != EAGAIN && errno != EINTR)
        return give_up(TSS2_TCTI_RC_IO_ERROR);
      else if (!wait(POLLOUT, until))
        return give_up(no_answer);
    }
    return TSS2_RC_SUCCESS;
  }

  TSS2_RC receive(Bytes& answer, Deadline until) override {
    constexpr std::size_t header = 10;  // tag, size, code: Part 1, 18
    answer.clear();
    std::size_t wanted = header;
    while (answer.size() < wanted) {
      std::uint8_t part[largest_message];
      const ssize_t got = ::recv(socket_, part, wanted - answer.size(), 0);
      if (got > 0) {
        answer.insert(answer.end(), part, part + got);
        if (answer.size() == header) wanted = std::size_t{answer[4]} << 8 | answer[5];
        if (wanted < header || wanted > largest_message || (answer.size() >= 4 && (answer[2] | answer[3]) != 0))
          return give_up(TSS2_TCTI_RC_MALFORMED_RESPONSE);
      } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        return give_up(TSS2_TCTI_RC_IO_ERROR);
      } else if (!wait(POLLIN, until)) {
        return give_up(no_answer);
      }
    }
    close();
    return TSS2_RC_SUCCESS;
  }

 private:
  TSS2_RC connect(Deadline until) {
    close();
    socket_ = ::socket(address_.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket_ < 0) return TSS2_TCTI_RC_IO_ERROR;
    const auto* to = reinterpret_cast<const sockaddr*>(&address_.bytes);
    while (::connect(socket_, to, address_.size) != 0) {
      if (errno == EINPROGRESS) return connected(until);
      if (errno != EAGAIN && errno != EINTR) return give_up(TSS2_TCTI_RC_NO_CONNECTION);
      // A Unix socket whose queue is full: other programs wait for the TPM too. There is no event to wait for.
      if (std::chrono::steady_clock::now() >= until) return give_up(no_answer);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return TSS2_RC_SUCCESS;
  }
  TSS2_RC connected(Deadline until) {
    if (!wait(POLLOUT, until)) return give_up(no_answer);
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
    return error == 0 ? TSS2_RC_SUCCESS : give_up(TSS2_TCTI_RC_NO_CONNECTION);
  }
  // False after the deadline.
  bool wait(short event, Deadline until) const {
    while (true) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
      if (left <= 0) return false;
      pollfd entry{socket_, event, 0};
      const int ready = ::poll(&entry, 1, static_cast<int>(std::min<long>(left, 1 << 30)));
      if (ready > 0 || (ready < 0 && errno != EINTR)) return true;  // the next call on the socket says what it is
    }
  }
  TSS2_RC give_up(TSS2_RC rc) {
    close();
    return rc;
  }
  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

  const Address address_;
  int socket_ = -1;
};

}  // namespace

Result<std::unique_ptr<Line>> open_socket_line(const std::string& options) {
  std::string path;
  std::string host = "127.0.0.1";
  std::string port = "2321";
  for (std::size_t at = 0; at < options.size();) {
    const std::size_t end = std::min(options.find(',', at), options.size());
    const std::string option = options.substr(at, end - at);
    const std::size_t equals = std::min(option.find('='), option.size());
    const std::string name = option.substr(0, equals);
    if (name != "path" && name != "host" && name != "port")
      return fail(Code::invalid, "tpm", "key.tpm.tcti", "'" + option + "' is no option of swtpm",
                  "swtpm:path=SOCKET or swtpm:host=ADDRESS,port=NUMBER");
    std::string& value = name == "path" ? path : name == "host" ? host : port;
    value = equals < option.size() ? option.substr(equals + 1) : "";
    at = end + 1;
  }
  const auto address = path.empty() ? tcp_address(host, port) : unix_address(path);
  if (!address)
    return fail(Code::invalid, "tpm", "key.tpm.tcti", "'" + options + "' is no address",
                "swtpm:path=SOCKET or swtpm:host=ADDRESS,port=NUMBER");
  return std::make_unique<SocketLine>(*address);
}

}  // namespace vouchgate::keys::tpm
