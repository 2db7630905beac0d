// Accepts peers and finds them by id. Never spins when the process runs out of descriptors.
#include "vouchgate/base/line_server.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <unordered_map>

#include "line_connection.hpp"
#include "line_socket.hpp"
#include "vouchgate/base/asio.hpp"
#include "vouchgate/base/log.hpp"

namespace vouchgate {
namespace {

using Protocol = asio::local::stream_protocol;
using Socket = Protocol::socket;

std::uint32_t uid_of(Socket& socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  constexpr std::uint32_t nobody = 65534;
  return ::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.uid : nobody;
}

class Server : public LineServer, public LineOwner {
 public:
  Server(asio::io_context& loop, LineServerSettings settings, LineHandler& handler, LineSocket listening)
      : settings_(std::move(settings)),
        handler_(handler),
        listening_(std::move(listening)),
        acceptor_(std::make_shared<Protocol::acceptor>(loop, Protocol(), listening_.fd)),
        pause_(std::make_shared<asio::steady_timer>(loop)),
        alive_(std::make_shared<bool>(true)),
        next_id_(settings_.first_id) {
    accept();
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() override {
    *alive_ = false;
    close_acceptor();
    auto connections = std::move(connections_);
    for (auto& [id, connection] : connections) {
      connection->abandon();
      handler_.closed(id);
    }
  }

  void send(std::uint64_t id, std::string_view line) override {
    if (auto* connection = find(id)) connection->send(line);
  }
  void owe(std::uint64_t id, std::size_t bytes) override {
    if (auto* connection = find(id)) connection->owe(bytes);
  }
  void settle(std::uint64_t id) override {
    if (auto* connection = find(id)) connection->settle();
  }
  void close(std::uint64_t id) override {
    if (auto* connection = find(id)) connection->finish();
  }
  void stop_accepting() override {
    close_acceptor();
    for (auto& [id, connection] : connections_) connection->mute();
  }
  void ended(LineConnection& connection) override { connections_.erase(connection.id()); }

 private:
  LineConnection* find(std::uint64_t id) {
    const auto found = connections_.find(id);
    return found == connections_.end() ? nullptr : found->second.get();
  }

  void close_acceptor() {
    boost::system::error_code ignored;
    acceptor_->close(ignored);
    pause_->cancel();
    remove_line_socket(listening_);
    listening_.path.clear();
  }

  void accept() {
    acceptor_->async_accept([this, alive = alive_](const boost::system::error_code& error, Socket socket) {
      if (!*alive || !acceptor_->is_open()) return;
      if (error && error != asio::error::connection_aborted) return pause(error);
      if (!error) admit(std::move(socket));
      accept();
    });
  }

  // EMFILE and its kin do not go away by asking again at once.
  void pause(const boost::system::error_code& error) {
    log::emit(events::Id::accept_paused, {{"socket", settings_.path}, {"reason", error.message()}});
    pause_->expires_after(std::chrono::seconds(1));
    pause_->async_wait([this, alive = alive_](const boost::system::error_code& stopped) {
      if (*alive && !stopped && acceptor_->is_open()) accept();
    });
  }

  void admit(Socket socket) {
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    if (connections_.size() >= settings_.max_connections) {
      const std::string line = settings_.busy_line + "\n";
      socket.write_some(asio::buffer(line), ignored);
      return;
    }
    const std::uint64_t id = next_id_++;
    const std::uint32_t uid = uid_of(socket);
    auto connection = std::make_shared<LineConnection>(std::move(socket), id, uid, settings_, handler_, *this);
    connections_.emplace(id, connection);
    handler_.opened(id, uid);
    connection->start();
  }

  LineServerSettings settings_;
  LineHandler& handler_;
  LineSocket listening_;
  std::shared_ptr<Protocol::acceptor> acceptor_;
  std::shared_ptr<asio::steady_timer> pause_;
  std::shared_ptr<bool> alive_;  // read by operations that outlive the server in the loop's queue
  std::uint64_t next_id_;
  std::unordered_map<std::uint64_t, std::shared_ptr<LineConnection>> connections_;
};

}  // namespace

Result<std::unique_ptr<LineServer>> LineServer::listen(boost::asio::io_context& loop, LineServerSettings settings,
                                                       LineHandler& handler, int inherited_fd) {
  auto listening = inherited_fd >= 0 ? inherit_line_socket(settings.context, inherited_fd)
                                     : bind_line_socket(settings.context, settings.path, settings.mode);
  if (!listening) return fail(std::move(listening.error()));
  try {
    return std::make_unique<Server>(loop, std::move(settings), handler, std::move(*listening));
  } catch (const std::exception& problem) {
    return fail(Code::unavailable, "socket", "", problem.what());
  }
}

}  // namespace vouchgate
