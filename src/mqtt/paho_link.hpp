// One Paho client and its callbacks. Collects into the inbox, never decides, never calls the gateway.
#pragma once

#include <mqtt/async_client.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "inbox.hpp"

namespace vouchgate::mqtt {

// Lifetime: Paho's callbacks point here, so the client dies first (and with it every pending token).
class PahoLink {
 public:
  PahoLink(std::shared_ptr<Inbox> inbox, std::uint32_t window);

  // Both block for as long as Paho's process-wide lock is held (a slow resolver holds it): never on the loop thread.
  // connect(): one Up or Refused follows, if Paho ever answers. disconnect(): one Ended follows, if Paho ever answers.
  void connect(Session session, const ConnectRequest& request);
  void disconnect();

  // Between Up and the end of the session. The number under which Paho will report the PUBACK, or 0.
  PublishNumber publish(const std::string& topic, const std::string& payload);
  bool subscribe(Tag tag, const std::vector<Filter>& filters);

 private:
  struct SubscribeListener : ::mqtt::iaction_listener {
    Inbox& inbox;
    explicit SubscribeListener(Inbox& box) : inbox(box) {}
    void on_success(const ::mqtt::token& token) override;
    void on_failure(const ::mqtt::token& token) override;
  };
  struct DisconnectListener : ::mqtt::iaction_listener {
    PahoLink& link;
    explicit DisconnectListener(PahoLink& owner) : link(owner) {}
    void on_success(const ::mqtt::token&) override { link.ended("disconnected"); }
    void on_failure(const ::mqtt::token&) override { link.ended("disconnected"); }
  };

  void connection_lost(const std::string& cause);
  void message_arrived(const ::mqtt::message& message);
  static void on_acked(void* context, MQTTAsync_token number);
  static void on_connected(void* context, MQTTAsync_successData* data);
  static void on_connect_failed(void* context, MQTTAsync_failureData* data);
  static int on_tls_error(const char* text, std::size_t size, void* context);

  void open(const std::string& client_id, const std::string& server);
  void start(const ConnectRequest& request, const std::string& server);
  void refused(ConnectFailure failure, std::string reason);
  void ended(std::string reason);

  const std::shared_ptr<Inbox> inbox_;
  const std::uint32_t window_;
  SubscribeListener subscribe_listener_;
  DisconnectListener disconnect_listener_;
  std::atomic<Session> session_ = 0;
  std::mutex tls_mutex_;
  std::string tls_text_;  // what OpenSSL said during this connect
  std::string host_;
  std::unique_ptr<::mqtt::async_client> client_;  // last: destroyed before everything its callbacks use
};

}  // namespace vouchgate::mqtt
