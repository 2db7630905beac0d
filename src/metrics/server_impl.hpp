// The listener, its connections and their turns. Never lets one of them cost more than its share.
#pragma once

#include <list>
#include <memory>

#include "connection.hpp"
#include "history.hpp"
#include "vouchgate/metrics/server.hpp"

namespace vouchgate::metrics {

class ServerImpl : public Server, public Host {
 public:
  ServerImpl(asio::io_context& loop, const MetricsSettings& settings, Sources sources, const Limits& limits);
  ~ServerImpl() override;
  ServerImpl(const ServerImpl&) = delete;
  ServerImpl& operator=(const ServerImpl&) = delete;

  // Port 0: one that is free. Errors as serve().
  Result<void> listen(const std::string& host, std::uint16_t port);
  std::uint16_t port() const override { return port_; }
  std::size_t listeners() const override;

  std::optional<Text> asked(Connection& connection, std::string_view method, std::string_view target,
                            std::string_view host) override;
  void ended(Connection& connection) override;

 private:
  void accept();
  void admit(Tcp::socket socket);
  void make_room();
  Status snapshot();
  Text numbers_now();
  Text turn();
  std::optional<Text> listen_to(Connection& connection);
  void tell_listeners();
  void sample();

  const MetricsSettings settings_;
  Sources sources_;
  const Limits limits_;
  Tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  bool local_ = true;
  std::list<std::shared_ptr<Connection>> connections_;  // oldest first
  History history_;
  Text numbers_, turn_;
  Monotonic numbers_made_, turn_made_;
  bool said_summed_ = false;
  TimerId accept_timer_ = 0, sample_timer_ = 0, turn_timer_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace vouchgate::metrics
