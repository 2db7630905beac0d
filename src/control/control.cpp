// Answers operators' tools on the control socket. Never does more than the gateway's own Operations and Children allow.
#include "vouchgate/control/control.hpp"

#include <functional>
#include <memory>
#include <set>
#include <unordered_map>

#include "request.hpp"
#include "spool_json.hpp"
#include "status_json.hpp"
#include "vouchgate/base/bytes.hpp"
#include "vouchgate/base/json_text.hpp"
#include "vouchgate/base/line_server.hpp"

namespace vouchgate::control {
namespace {

std::string error_line(const std::string& id, const Error& error) {
  return JsonLine("error")
      .text_if_any("id", id)
      .text("code", word(error.code))
      .text("message", error.line())
      .text_if_any("hint", error.hint)
      .str();
}

Error not_kept(Seq seq) {
  return Error{Code::not_found, "spool", std::to_string(seq), "not in quarantine",
               "'vouchgate spool list' shows what is"};
}

struct Peer {
  std::uint32_t uid = 0;
  std::set<DeviceId> greeted, listening;
};

class Server : public Control, public LineHandler, public ChildPort {
 public:
  Server(Operations& operations, Children& children) : operations_(operations), children_(children) {}
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() override { lines_.reset(); }

  Result<void> start(boost::asio::io_context& loop, const ControlSettings& settings) {
    LineServerSettings lines;
    lines.context = "control";
    lines.path = settings.path;
    lines.max_connections = 64;
    lines.max_output = std::size_t{16} << 20;  // the status of as many devices as a gateway can have, with long names
    lines.first_id = std::uint64_t{1} << 63;
    lines.busy_line = error_line("", Error{Code::busy, "control", "", "too many connections", "try again later"});
    auto server = LineServer::listen(loop, std::move(lines), *this);
    if (!server) return fail(std::move(server.error()));
    lines_ = std::move(*server);
    return {};
  }

  void opened(std::uint64_t id, std::uint32_t peer_uid) override { peers_[id].uid = peer_uid; }
  void closed(std::uint64_t id) override {
    peers_.erase(id);
    children_.gone(id);
  }
  void unframed(std::uint64_t id, const Error& error) override { say(id, error_line("", error)); }
  void line(std::uint64_t connection, std::string_view text) override {
    auto parsed = parse_request(text);
    if (!parsed.request) return say(connection, error_line(parsed.id, parsed.request.error()));
    std::visit([&](auto& request) { on(connection, parsed.id, request); }, *parsed.request);
  }

  void stored(ConnectionId connection, const DeviceId& device, const std::string& id, Seq seq) override {
    answer(connection, device, id, seq, "stored");
    settle(connection);
  }
  void delivered(ConnectionId connection, const DeviceId& device, const std::string& id, Seq seq) override {
    answer(connection, device, id, seq, "delivered");
  }
  void refused(ConnectionId connection, const DeviceId&, const std::string& id, const Error& error) override {
    say(connection, error_line(id, error));
    settle(connection);
  }
  void config(ConnectionId connection, const DeviceId& device, const std::string& payload) override {
    if (!listens(connection, device)) return;
    say(connection, JsonLine("config").text("device", device.str()).text("data_b64", base64(view(payload))).str());
  }
  void command(ConnectionId connection, const DeviceId& device, const std::string& subfolder,
               const std::string& payload) override {
    if (!listens(connection, device)) return;
    say(connection, JsonLine("command")
                        .text("device", device.str())
                        .text("subfolder", subfolder)
                        .text("data_b64", base64(view(payload)))
                        .str());
  }
  void attachment(ConnectionId connection, const DeviceId& device, bool attached, const std::string& reason) override {
    if (!listens(connection, device)) return;
    say(connection, JsonLine("attachment")
                        .text("device", device.str())
                        .flag("attached", attached)
                        .text_if_any("reason", reason)
                        .str());
  }

 private:
  void on(ConnectionId connection, const std::string&, StatusRequest&) {
    say(connection, R"({"op":"status",)" + to_json(operations_.status()).substr(1));
  }
  void on(ConnectionId connection, const std::string&, DevicesRequest&) {
    say(connection, R"({"op":"devices","devices":)" + devices_json(operations_.status()) + "}");
  }
  void on(ConnectionId connection, const std::string& id, AttachRequest& request) {
    done(connection, id, "attach", operations_.attach(request.device.str()));
  }
  void on(ConnectionId connection, const std::string& id, DetachRequest& request) {
    done(connection, id, "detach", operations_.detach(request.device.str()));
  }
  void on(ConnectionId connection, const std::string& id, RenewRequest&) {
    done(connection, id, "renew", operations_.renew_token());
  }
  void on(ConnectionId connection, const std::string& id, SendRequest& request) {
    Peer& peer = peers_[connection];
    const DeviceId device = request.message.device;
    if (!peer.greeted.contains(device)) {
      if (auto welcome = greet(connection, device); !welcome) return say(connection, error_line(id, welcome.error()));
    }
    lines_->owe(connection, request.message.payload.size());
    children_.offered(Offer{connection, id, std::move(request.message)});
  }
  // Says hello again even after a send: the gateway then repeats the last known config.
  void on(ConnectionId connection, const std::string& id, ListenRequest& request) {
    peers_[connection].listening.insert(request.device);
    const auto welcome = greet(connection, request.device);
    if (!welcome) peers_[connection].listening.erase(request.device);
    say(connection, welcome ? JsonLine("listening")
                                  .text_if_any("id", id)
                                  .text("device", request.device.str())
                                  .flag("attached", welcome->attached)
                                  .str()
                            : error_line(id, welcome.error()));
  }

  void on(ConnectionId connection, const std::string& id, SpoolListRequest& request) {
    operations_.spool_list(
        request.after, listed_at_once,
        later<std::vector<Quarantined>>(connection, id, [id](const auto& kept) { return list_line(id, kept); }));
  }
  void on(ConnectionId connection, const std::string& id, SpoolShowRequest& request) {
    const Seq seq = request.seq;
    if (seq == 0) return say(connection, error_line(id, not_kept(seq)));
    operations_.spool_list(seq - 1, 1, later<std::vector<Quarantined>>(connection, id, [id, seq](const auto& kept) {
                             const bool there = !kept.empty() && kept.front().record.seq == seq;
                             return there ? show_line(id, kept.front()) : error_line(id, not_kept(seq));
                           }));
  }
  void on(ConnectionId connection, const std::string& id, SpoolRetryRequest& request) {
    operations_.spool_retry(request.seq, later_done(connection, id, "spool-retry"));
  }
  void on(ConnectionId connection, const std::string& id, SpoolDiscardRequest& request) {
    operations_.spool_discard(request.seq, later_done(connection, id, "spool-discard"));
  }
  void on(ConnectionId connection, const std::string& id, SpoolAuditRequest&) {
    operations_.spool_audit(
        later<std::vector<AuditLine>>(connection, id, [id](const auto& lines) { return audit_line(id, lines); }));
  }

  // Answers of the disk come later: the connection, or this whole object, may be gone by then.
  template <class Answer>
  std::function<void(Result<Answer>)> later(ConnectionId connection, const std::string& id,
                                            std::function<std::string(const Answer&)> line_of) {
    return [this, alive = std::weak_ptr<bool>(alive_), connection, id, line_of](const Result<Answer>& answer) {
      if (alive.expired()) return;
      say(connection, answer ? line_of(*answer) : error_line(id, answer.error()));
    };
  }
  std::function<void(Result<void>)> later_done(ConnectionId connection, const std::string& id, const char* op) {
    return [this, alive = std::weak_ptr<bool>(alive_), connection, id, op](const Result<void>& answer) {
      if (!alive.expired()) done(connection, id, op, answer);
    };
  }

  Result<Welcome> greet(ConnectionId connection, const DeviceId& device) {
    Peer& peer = peers_[connection];
    auto welcome = children_.hello(Hello{connection, device, Ack::both, {}, peer.uid}, *this);
    if (welcome) peer.greeted.insert(device);
    return welcome;
  }

  bool listens(ConnectionId connection, const DeviceId& device) const {
    const auto found = peers_.find(connection);
    return found != peers_.end() && found->second.listening.contains(device);
  }

  void done(ConnectionId connection, const std::string& id, std::string_view op, const Result<void>& result) {
    say(connection, result ? JsonLine(op).text_if_any("id", id).str() : error_line(id, result.error()));
  }
  void answer(ConnectionId connection, const DeviceId& device, const std::string& id, Seq seq, std::string_view op) {
    say(connection, JsonLine(op).text("device", device.str()).text_if_any("id", id).number("seq", seq).str());
  }
  void say(ConnectionId connection, const std::string& line) {
    if (lines_) lines_->send(connection, line);
  }
  void settle(ConnectionId connection) {
    if (lines_) lines_->settle(connection);
  }

  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  Operations& operations_;
  Children& children_;
  std::unordered_map<ConnectionId, Peer> peers_;
  std::unique_ptr<LineServer> lines_;  // null while it is being destroyed
};

}  // namespace

Result<std::unique_ptr<Control>> listen(boost::asio::io_context& loop, const ControlSettings& settings,
                                        Operations& operations, Children& children) {
  auto server = std::make_unique<Server>(operations, children);
  if (auto started = server->start(loop, settings); !started) return fail(std::move(started.error()));
  return server;
}

}  // namespace vouchgate::control
