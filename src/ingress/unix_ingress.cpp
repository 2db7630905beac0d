// Children on a Unix socket: lines in, offers to the gateway, answers out. Never decides who may speak for a device.
#include "vouchgate/ingress/unix_ingress.hpp"

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "line.hpp"
#include "vouchgate/base/bytes.hpp"
#include "vouchgate/base/json_text.hpp"
#include "vouchgate/base/line_server.hpp"

namespace vouchgate::ingress {
namespace {

std::string error_line(const std::string& device, const std::string& id, const Error& error) {
  return JsonLine("error")
      .text_if_any("device", device)
      .text_if_any("id", id)
      .text("code", word(error.code))
      .text("message", error.line())
      .text_if_any("hint", error.hint)
      .str();
}

struct Peer {
  std::uint32_t uid = 0;
  std::vector<DeviceId> devices;  // sorted; bounded by the configured devices, for others are refused
  bool greeting = false;          // within Children::hello: what the gateway says goes out after the welcome
  std::string after_welcome;
};

class Ingress : public UnixIngress, public LineHandler, public ChildPort {
 public:
  explicit Ingress(Children& children) : children_(children) {}
  Ingress(const Ingress&) = delete;
  Ingress& operator=(const Ingress&) = delete;
  ~Ingress() override { server_.reset(); }

  Result<void> start(boost::asio::io_context& loop, const UnixSettings& settings, int inherited_fd) {
    LineServerSettings lines;
    lines.context = "ingress";
    lines.path = settings.path;
    lines.mode = settings.mode;
    lines.max_connections = settings.max_connections;
    lines.busy_line = error_line("", "", Error{Code::busy, "ingress", "", "too many connections", "try again later"});
    auto server = LineServer::listen(loop, std::move(lines), *this, inherited_fd);
    if (!server) return fail(std::move(server.error()));
    server_ = std::move(*server);
    return {};
  }

  void stop_accepting() override { server_->stop_accepting(); }

  void opened(std::uint64_t id, std::uint32_t peer_uid) override { peers_[id].uid = peer_uid; }
  void closed(std::uint64_t id) override {
    peers_.erase(id);
    children_.gone(id);
  }
  void unframed(std::uint64_t id, const Error& error) override { server_->send(id, error_line("", "", error)); }
  void line(std::uint64_t id, std::string_view text) override {
    auto parsed = parse_line(text);
    if (!parsed.line) return server_->send(id, error_line("", parsed.id, parsed.line.error()));
    if (auto* hello = std::get_if<HelloLine>(&*parsed.line)) return greet(id, parsed.id, std::move(*hello));
    offer(id, std::move(parsed.id), std::get<MessageLine>(std::move(*parsed.line)));
  }

  void stored(ConnectionId connection, const DeviceId& device, const std::string& id, Seq seq) override {
    answer(connection, device, id, seq, "stored");
    settle(connection);
  }
  void delivered(ConnectionId connection, const DeviceId& device, const std::string& id, Seq seq) override {
    answer(connection, device, id, seq, "delivered");
    if (seq == 0) settle(connection);  // no stored() went before it
  }
  void refused(ConnectionId connection, const DeviceId& device, const std::string& id, const Error& error) override {
    say(connection, error_line(device_if_ambiguous(connection, device), id, error));
    settle(connection);
  }
  void config(ConnectionId connection, const DeviceId& device, const std::string& payload) override {
    say(connection, JsonLine("config").text("device", device.str()).text("data_b64", base64(view(payload))).str());
  }
  void command(ConnectionId connection, const DeviceId& device, const std::string& subfolder,
               const std::string& payload) override {
    say(connection, JsonLine("command")
                        .text("device", device.str())
                        .text("subfolder", subfolder)
                        .text("data_b64", base64(view(payload)))
                        .str());
  }
  void attachment(ConnectionId connection, const DeviceId& device, bool attached, const std::string& reason) override {
    say(connection, JsonLine("attachment")
                        .text("device", device.str())
                        .flag("attached", attached)
                        .text_if_any("reason", reason)
                        .str());
  }

 private:
  void greet(ConnectionId connection, const std::string& id, HelloLine&& hello) {
    auto& peer = peers_[connection];
    peer.greeting = true;
    const Hello request{connection, hello.device, hello.ack, std::move(hello.authorization), peer.uid};
    const auto welcome = children_.hello(request, *this);
    peer.greeting = false;
    const std::string waiting = std::exchange(peer.after_welcome, {});
    if (!welcome) {
      server_->send(connection, error_line(hello.device.str(), id, welcome.error()));
    } else {
      const auto place = std::lower_bound(peer.devices.begin(), peer.devices.end(), hello.device);
      if (place == peer.devices.end() || *place != hello.device) peer.devices.insert(place, hello.device);
      server_->send(connection, JsonLine("welcome")
                                    .text_if_any("id", id)
                                    .text("device", hello.device.str())
                                    .flag("attached", welcome->attached)
                                    .number("max_payload", max_event_bytes)
                                    .str());
    }
    if (!waiting.empty()) server_->send(connection, std::string_view(waiting).substr(1));
  }

  void offer(ConnectionId connection, std::string id, MessageLine&& line) {
    const auto& devices = peers_[connection].devices;
    const auto reject = [&](const DeviceId* device, std::string reason, std::string hint) {
      const Error error{Code::denied, "device", device == nullptr ? "" : device->str(), std::move(reason),
                        std::move(hint)};
      server_->send(connection, error_line("", id, error));
    };
    if (devices.empty()) return reject(nullptr, "say hello first", R"({"op":"hello","device":"..."})");
    if (!line.device && devices.size() > 1)
      return reject(nullptr, "is missing", "this connection said hello for several devices");
    if (!line.device) line.device = devices.front();
    if (!std::binary_search(devices.begin(), devices.end(), *line.device))
      return reject(&*line.device, "say hello first", "a connection says hello for each device it speaks for");
    server_->owe(connection, line.payload.size());
    children_.offered(
        Offer{connection, std::move(id),
              Message{std::move(*line.device), line.kind, std::move(line.subfolder), std::move(line.payload)}});
  }

  void settle(ConnectionId connection) {
    if (server_) server_->settle(connection);
  }

  void say(ConnectionId connection, const std::string& line) {
    const auto found = peers_.find(connection);
    if (found == peers_.end() || !server_) return;
    if (found->second.greeting)
      found->second.after_welcome += '\n' + line;
    else
      server_->send(connection, line);
  }

  void answer(ConnectionId connection, const DeviceId& device, const std::string& id, Seq seq, std::string_view op) {
    JsonLine line(op);
    line.text_if_any("device", device_if_ambiguous(connection, device)).text_if_any("id", id);
    if (seq != 0) line.number("seq", seq);
    say(connection, line.str());
  }

  // The id alone names a message while the connection speaks for one device.
  std::string device_if_ambiguous(ConnectionId connection, const DeviceId& device) const {
    const auto found = peers_.find(connection);
    return found != peers_.end() && found->second.devices.size() > 1 ? device.str() : std::string();
  }

  Children& children_;
  std::unordered_map<ConnectionId, Peer> peers_;
  std::unique_ptr<LineServer> server_;  // null while it is being destroyed
};

}  // namespace

Result<std::unique_ptr<UnixIngress>> listen(boost::asio::io_context& loop, const UnixSettings& settings,
                                            Children& children, int inherited_fd) {
  auto ingress = std::make_unique<Ingress>(children);
  if (auto started = ingress->start(loop, settings, inherited_fd); !started) return fail(std::move(started.error()));
  return ingress;
}

}  // namespace vouchgate::ingress
