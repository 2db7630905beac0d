// The transport contract over one Paho client: tags to ids, deadlines, one session at a time. Never waits on the loop
// thread and never reconnects by itself.
#include "vouchgate/mqtt/paho_transport.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "job_thread.hpp"
#include "paho_link.hpp"
#include "probe.hpp"
#include "tls_watch.hpp"

namespace vouchgate::mqtt {
namespace {

// Paho answers a disconnect at once unless its threads hang; a session is over by then whatever Paho says.
constexpr Duration disconnect_deadline = std::chrono::seconds(2);
// Paho's receiving thread remembers a socket that failed by its descriptor alone and closes that descriptor a moment
// later, with no lock held in between (MQTTAsync_receiveThread). A connect within that moment is given the same number
// and is closed in its place, "before CONNACK". The moment is microseconds, unless the thread waits for a processor.
constexpr Duration pause_between_sockets{100};
// After a failed connect, to learn whether the port answers at all.
constexpr Duration probe_timeout = std::chrono::seconds(3);

class PahoTransport final : public Transport {
 public:
  PahoTransport(Post post, std::uint32_t window)
      : window_(window),
        inbox_(std::make_shared<Inbox>(
            std::move(post), [this](Monotonic when, std::function<void()> job) { deadlines_.at(when, std::move(job)); },
            [this](std::vector<Item> items) { drain(std::move(items)); })) {}
  // Takes up to two seconds: Paho stops its threads when its last client goes.
  ~PahoTransport() override {
    inbox_->close();
    retire();
  }

  void set_events(TransportEvents* events) override { events_ = events; }
  void connect(ConnectRequest request) override;
  void disconnect() override;
  bool publish(std::uint64_t id, const std::string& topic, std::string payload) override;
  bool subscribe(std::uint64_t id, std::vector<Filter> filters) override;
  std::string tls_version() const override { return state_ == State::connected ? tls_ : ""; }

 private:
  enum class State { idle, connecting, giving_up, connected, closing };

  // Runs of PUBACKs and of messages become one call each; the order between the two is kept.
  struct Runs {
    std::vector<std::uint64_t> acked;
    std::vector<Inbound> arrived;
  };

  // Until on_closed() what the cloud acknowledged or sent is still handed over: Paho has answered it already.
  bool open() const { return state_ == State::connected || state_ == State::closing; }
  void drain(std::vector<Item> items);
  void take(Runs& runs, Item& item);
  void flush(Runs& runs);
  void handle(Granted& granted);
  void handle(Up& up);
  void handle(Refused& refused);
  void handle(Ended& ended);
  void handle(Expired& expired);
  void fail(ConnectFailure failure, const std::string& reason);
  void close(const std::string& reason);
  void probe(Refused refused);
  void retire();
  void over();
  void expire_after(Duration delay);

  const std::uint32_t window_;
  const std::shared_ptr<Inbox> inbox_;
  TransportEvents* events_ = nullptr;
  State state_ = State::idle;
  Session session_ = 0;
  Tag last_tag_ = 0;
  // The caller's ids of this session, awaiting their acknowledgement.
  std::unordered_map<PublishNumber, std::uint64_t> published_;
  std::unordered_map<Tag, std::uint64_t> subscribed_;
  Endpoint endpoint_;
  std::string tls_;
  Duration timeout_{};
  Monotonic next_socket_at_{};
  std::shared_ptr<PahoLink> link_;  // kept over sessions, as long as each ends with nothing left inside Paho
  JobThread deadlines_;
  JobThread paho_;  // last: its jobs use the links
};

void PahoTransport::connect(ConnectRequest request) {
  state_ = State::connecting;
  ++session_;
  endpoint_ = request.endpoint;
  timeout_ = request.timeout;
  if (!link_) link_ = std::make_shared<PahoLink>(inbox_, window_);
  expire_after(request.timeout);
  paho_.at(next_socket_at_,
           [link = link_, session = session_, wanted = std::move(request)] { link->connect(session, wanted); });
}

void PahoTransport::disconnect() {
  if (state_ == State::connected) {
    state_ = State::closing;
    expire_after(disconnect_deadline);
    paho_.now([link = link_] { link->disconnect(); });
  } else if (state_ == State::connecting) {
    // Paho cannot stop a connect, so the client goes; the answer comes by the inbox, not from inside this call.
    state_ = State::giving_up;
    retire();
    inbox_->push(Refused{session_, ConnectFailure::network, "given up", false});
  }
}

bool PahoTransport::publish(std::uint64_t id, const std::string& topic, std::string payload) {
  if (state_ != State::connected) return false;
  // Its PUBACK may have arrived by the time this returns; it is read on this thread, so the number is known by then.
  const PublishNumber number = link_->publish(topic, payload);
  if (number == 0) return false;
  published_[number] = id;
  return true;
}

bool PahoTransport::subscribe(std::uint64_t id, std::vector<Filter> filters) {
  if (state_ != State::connected) return false;
  if (++last_tag_ == 0) ++last_tag_;  // wraps on 32-bit machines
  if (!link_->subscribe(last_tag_, filters)) return false;
  subscribed_[last_tag_] = id;
  return true;
}

void PahoTransport::drain(std::vector<Item> items) {
  Runs runs;
  for (Item& item : items) take(runs, item);
  flush(runs);
}

void PahoTransport::take(Runs& runs, Item& item) {
  if (const auto* acked = std::get_if<Acked>(&item)) {
    if (!runs.arrived.empty()) flush(runs);
    if (acked->session != session_) return;
    if (const auto found = published_.extract(acked->number)) runs.acked.push_back(found.mapped());
  } else if (auto* arrived = std::get_if<Arrived>(&item)) {
    if (!runs.acked.empty()) flush(runs);
    if (arrived->session == session_ && open()) runs.arrived.push_back(std::move(arrived->inbound));
  } else {
    flush(runs);
    if (auto* granted = std::get_if<Granted>(&item)) handle(*granted);
    if (auto* up = std::get_if<Up>(&item)) handle(*up);
    if (auto* refused = std::get_if<Refused>(&item)) handle(*refused);
    if (auto* ended = std::get_if<Ended>(&item)) handle(*ended);
    if (auto* expired = std::get_if<Expired>(&item)) handle(*expired);
  }
}

// A callback may end the session, so what is collected is handed over before anything else happens.
void PahoTransport::flush(Runs& runs) {
  Runs mine;
  std::swap(mine, runs);
  if (!open()) return;
  if (!mine.acked.empty()) events_->on_acked(mine.acked);
  if (!mine.arrived.empty()) events_->on_messages(std::move(mine.arrived));
}

void PahoTransport::handle(Granted& granted) {
  if (const auto found = subscribed_.extract(granted.tag)) events_->on_subscribed(found.mapped(), granted.codes);
}

void PahoTransport::handle(Up& up) {
  if (up.session != session_ || state_ != State::connecting) return;
  state_ = State::connected;
  tls_ = std::move(up.tls);
  events_->on_connected();
}

void PahoTransport::handle(Refused& refused) {
  if (refused.session != session_ || (state_ != State::connecting && state_ != State::giving_up)) return;
  if (refused.ambiguous) return probe(std::move(refused));
  fail(refused.failure, refused.reason);
}

// A refused port and a refused host name look the same in Paho; whether TCP connects tells them apart.
void PahoTransport::probe(Refused refused) {
  paho_.now([inbox = inbox_, endpoint = endpoint_, timeout = std::min(timeout_, probe_timeout),
             answer = std::move(refused)]() mutable {
    answer.ambiguous = false;
    if (auto complaint = tcp_complaint(endpoint.host, endpoint.port, timeout); !complaint.empty()) {
      answer.failure = ConnectFailure::network;
      answer.reason = std::move(complaint);
    }
    inbox->push(std::move(answer));
  });
}

void PahoTransport::handle(Ended& ended) {
  if (ended.session != session_ || !open()) return;
  close(ended.reason);
}

void PahoTransport::handle(Expired& expired) {
  if (expired.session != session_) return;
  if (state_ == State::connecting && !expired.closing) {
    retire();
    fail(ConnectFailure::network,
         "no answer from " + endpoint_.host + " in " + std::to_string(timeout_.count()) + " ms");
  } else if (state_ == State::closing && expired.closing) {
    retire();
    close("disconnected; the client library did not finish in time");
  }
}

// No pause after a close that was asked for: no socket failed, and a connect while Paho's receiving thread is still
// awake saves the second that it takes to look up from an idle one. A swap of tokens lives on that.
void PahoTransport::over() {
  const bool asked_for = state_ == State::closing;
  state_ = State::idle;
  next_socket_at_ = std::chrono::steady_clock::now() + (asked_for ? Duration(0) : pause_between_sockets);
}

void PahoTransport::fail(ConnectFailure failure, const std::string& reason) {
  over();
  events_->on_connect_failed(failure, reason);
}

void PahoTransport::close(const std::string& reason) {
  over();
  // What Paho has queued but not sent would go out at the head of the next session, before any attach: such a client
  // is not used again. It goes before the next one comes: Paho's threads end with its last client, and new ones look at
  // a new socket at once, idle ones only after a second.
  if (!published_.empty() || !subscribed_.empty()) retire();
  published_.clear();
  subscribed_.clear();
  events_->on_closed(reason);
}

// The client dies on Paho's job thread: its destruction may wait for Paho's lock and threads. Not before its connect.
void PahoTransport::retire() {
  if (link_) paho_.at(next_socket_at_, [link = std::move(link_)] {});
  link_.reset();
}

void PahoTransport::expire_after(Duration delay) {
  deadlines_.at(std::chrono::steady_clock::now() + delay,
                [inbox = inbox_, session = session_, closing = state_ == State::closing] {
                  inbox->push(Expired{session, closing});
                });
}

}  // namespace

std::unique_ptr<Transport> make_paho_transport(Post post, std::uint32_t window) {
  TlsWatch::of_process();  // before anything else uses OpenSSL
  return std::make_unique<PahoTransport>(std::move(post), window);
}

}  // namespace vouchgate::mqtt
