// Accepts, admits and answers. Decides only who is dropped when there are too many.
#include "vouchgate/metrics/server.hpp"

#include <algorithm>

#include "feed.hpp"
#include "http.hpp"
#include "numbers.hpp"
#include "page.hpp"
#include "server_impl.hpp"
#include "vouchgate/base/log.hpp"
#include "vouchgate/model/listen_address.hpp"

namespace vouchgate::metrics {
namespace {

constexpr Duration sample_every = std::chrono::minutes(1);
constexpr Duration turn_every = std::chrono::seconds(1);
constexpr Duration numbers_last = std::chrono::seconds(1);  // a scraper gone mad costs one snapshot a second
constexpr Duration accept_again = std::chrono::seconds(1);

Text shared(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

Result<void> refuse(const std::string& host, std::uint16_t port, const boost::system::error_code& error) {
  const bool taken = error == asio::error::address_in_use;
  const Code code = taken ? Code::busy : error == asio::error::access_denied ? Code::denied : Code::unavailable;
  return fail(code, "metrics", ListenAddress{host, port}.text(), taken ? "the port is taken" : error.message(),
              "choose another metrics.listen");
}

}  // namespace

ServerImpl::ServerImpl(asio::io_context& loop, const MetricsSettings& settings, Sources sources, const Limits& limits)
    : settings_(settings), sources_(std::move(sources)), limits_(limits), acceptor_(loop) {}

ServerImpl::~ServerImpl() {
  *alive_ = false;
  for (const TimerId timer : {accept_timer_, sample_timer_, turn_timer_}) sources_.timers.cancel(timer);
  for (const auto& connection : connections_) connection->abandon();
}

Result<void> ServerImpl::listen(const std::string& host, std::uint16_t port) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host, error);
  const Tcp::endpoint endpoint(address, port);
  if (!error) acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(Tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(Tcp::acceptor::max_listen_connections, error);
  if (error) return refuse(host, port, error);
  port_ = acceptor_.local_endpoint().port();
  local_ = address.is_loopback();
  const std::string text = ListenAddress{host, port_}.text();
  log::emit(local_ ? events::Id::metrics_ready : events::Id::metrics_exposed, {{"address", text}});
  accept();
  sample();
  return {};
}

void ServerImpl::accept() {
  acceptor_.async_accept([this, alive = alive_](const boost::system::error_code& error, Tcp::socket socket) {
    if (!*alive) return;
    if (!error) {
      admit(std::move(socket));
      return accept();
    }
    if (error == asio::error::connection_aborted) return accept();
    log::emit(events::Id::accept_paused, {{"socket", "metrics"}, {"reason", error.message()}});
    accept_timer_ = sources_.timers.after(accept_again, [this] { accept(); });
  });
}

void ServerImpl::admit(Tcp::socket socket) {
  make_room();
  connections_.push_back(std::make_shared<Connection>(std::move(socket), *this, limits_));
  connections_.back()->start();
}

// Idle connections make room, then slow readers, oldest first: they must not keep a scraper out. Listeners stay: they
// are fewer than the connections.
void ServerImpl::make_room() {
  if (connections_.size() < limits_.connections) return;
  auto one = std::ranges::find_if(connections_, [](const auto& each) { return each->expendable(); });
  if (one == connections_.end())
    one = std::ranges::find_if(connections_, [](const auto& each) { return !each->listening(); });
  if (one == connections_.end()) return;
  (*one)->abandon();
  connections_.erase(one);
}

void ServerImpl::ended(Connection& connection) {
  std::erase_if(connections_, [&](const auto& one) { return one.get() == &connection; });
}

std::size_t ServerImpl::listeners() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(connections_, [](const auto& connection) { return connection->listening(); }));
}

std::optional<Text> ServerImpl::asked(Connection& connection, std::string_view method, std::string_view target,
                                      std::string_view host) {
  switch (place_of(method, target, host, local_)) {
    case Place::numbers: return numbers_now();
    case Place::page:
      return shared(
          response(200, "text/html; charset=utf-8", page_html(), "Content-Security-Policy: " + page_policy() + "\r\n"));
    case Place::events: return listen_to(connection);
    case Place::not_a_read: return shared(refusal(405));
    case Place::stranger: return shared(refusal(421));
    case Place::nowhere: break;
  }
  return shared(refusal(404));
}

Status ServerImpl::snapshot() {
  Status status = sources_.status();
  if (status.children.size() > settings_.max_devices && !std::exchange(said_summed_, true))
    log::emit(events::Id::metrics_summed,
              {{"count", std::to_string(status.children.size())}, {"limit", std::to_string(settings_.max_devices)}});
  return status;
}

Text ServerImpl::numbers_now() {
  const Monotonic now = sources_.clock.monotonic();
  if (!numbers_ || now - numbers_made_ >= numbers_last) {
    numbers_ =
        shared(response(200, "text/plain; version=0.0.4; charset=utf-8", numbers(snapshot(), settings_.max_devices)));
    numbers_made_ = now;
  }
  return numbers_;
}

Text ServerImpl::turn() {
  const Monotonic now = sources_.clock.monotonic();
  if (!turn_ || now - turn_made_ >= turn_every) {
    turn_ = shared(feed(snapshot(), settings_.max_devices, sources_.json, history_.json(now), sources_.recent.json()));
    turn_made_ = now;
  }
  return turn_;
}

std::optional<Text> ServerImpl::listen_to(Connection& connection) {
  if (listeners() >= limits_.listeners) return shared(refusal(503));
  connection.listen(stream_head("text/event-stream") + *turn());
  if (turn_timer_ == 0) turn_timer_ = sources_.timers.after(turn_every, [this] { tell_listeners(); });
  return std::nullopt;
}

void ServerImpl::tell_listeners() {
  turn_timer_ = 0;
  if (listeners() == 0) return;
  const Text text = turn();
  for (const auto& connection : connections_)
    if (connection->listening()) connection->send(text);
  turn_timer_ = sources_.timers.after(turn_every, [this] { tell_listeners(); });
}

void ServerImpl::sample() {
  history_.sample(sources_.status(), sources_.clock.monotonic());
  sample_timer_ = sources_.timers.after(sample_every, [this] { sample(); });
}

Result<std::unique_ptr<Server>> serve(asio::io_context& loop, const MetricsSettings& settings, Sources sources) {
  const auto address = ListenAddress::parse(settings.listen);
  if (!address) return fail(address.error());
  auto server = std::make_unique<ServerImpl>(loop, settings, std::move(sources), Limits{});
  if (auto listening = server->listen(address->host, address->port); !listening)
    return fail(std::move(listening.error()));
  return server;
}

}  // namespace vouchgate::metrics
