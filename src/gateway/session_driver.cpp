// Performs what the session machine decides.
#include "session_driver.hpp"

#include <utility>

#include "overloaded.hpp"
#include "vouchgate/base/log.hpp"
#include "vouchgate/base/spell.hpp"
#include "vouchgate/token/token.hpp"

namespace vouchgate::gateway {
namespace {

constexpr Duration mint_limit = std::chrono::seconds(60);  // more than any chip needs, with its retries

session::Settings machine_settings(const Settings& settings, std::size_t endpoints) {
  session::Settings out;
  out.endpoints = endpoints;
  out.renew_before = settings.token.renew_before;
  out.backoff_base = settings.cloud.backoff.base;
  out.backoff_cap = settings.cloud.backoff.cap;
  return out;
}

TokenSettings with_audience(TokenSettings settings, const dialect::Dialect& dialect) {
  if (settings.audience.empty()) settings.audience = dialect.default_audience();
  return settings;
}

}  // namespace

SessionDriver::SessionDriver(const Settings& settings, std::vector<Endpoint> endpoints, Algorithm algorithm,
                             Random random, Clock& clock, Timers& timers, Transport& transport, SigningService& signing,
                             const dialect::Dialect& dialect, Hooks hooks)
    : settings_(settings),
      token_settings_(with_audience(settings.token, dialect)),
      endpoints_(std::move(endpoints)),
      algorithm_(algorithm),
      clock_(clock),
      timers_(timers),
      transport_(transport),
      signing_(signing),
      dialect_(dialect),
      hooks_(std::move(hooks)),
      machine_(machine_settings(settings, endpoints_.size()), std::move(random)),
      since_(clock.monotonic()) {}

SessionDriver::~SessionDriver() {
  *alive_ = false;
  timers_.cancel(timer_);
  timers_.cancel(mint_timer_);
}

void SessionDriver::reconfigure(std::vector<Endpoint> endpoints) {
  token_settings_ = with_audience(settings_.token, dialect_);
  const bool new_endpoints = endpoints != endpoints_;
  endpoints_ = std::move(endpoints);
  machine_.reconfigure(machine_settings(settings_, endpoints_.size()), new_endpoints);
}

void SessionDriver::feed(const session::Event& event) {
  events_.push_back(event);
  if (feeding_) return;
  feeding_ = true;
  while (!events_.empty()) {
    const session::Event next = std::move(events_.front());
    events_.pop_front();
    const bool connected = std::holds_alternative<session::Connected>(next);
    const auto actions = machine_.on(next, clock_.monotonic());
    if (machine_.state() != std::exchange(last_state_, machine_.state())) since_ = clock_.monotonic();
    if (connected && machine_.state() == session::State::connected) {
      problem_.clear();
      ++connects_;
      log::emit(events::Id::session_up,
                {{"endpoint", endpoint_text_}, {"valid", spell(token_valid_for().value_or(Duration(0)))}});
    }
    for (const session::Action& action : actions) perform(action);
  }
  feeding_ = false;
}

void SessionDriver::perform(const session::Action& action) {
  std::visit(Overloaded{
                 [&](const session::Mint&) { mint(); },
                 [&](const session::Connect& to) { connect(to.endpoint); },
                 [&](const session::Disconnect&) { transport_.disconnect(); },
                 [&](const session::Arm& arming) { arm(arming.delay); },
                 [&](const session::Disarm&) { timers_.cancel(std::exchange(timer_, 0)); },
                 [&](const session::OpenTraffic&) { hooks_.open_traffic(); },
                 [&](const session::HoldTraffic&) { hooks_.hold_traffic(); },
                 [&](const session::CloseTraffic&) { hooks_.close_traffic(); },
                 [&](const session::Stopped&) { hooks_.stopped(); },
                 [&](const session::Report& what) { report(what); },
             },
             action);
}

void SessionDriver::arm(Duration delay) {
  timers_.cancel(timer_);
  timer_ = timers_.after(delay, [this] {
    timer_ = 0;
    feed(session::TimerFired{});
  });
}

void SessionDriver::mint() {
  const WallTime wall = clock_.wall();
  auto composed = token::compose(token_settings_, algorithm_, wall);
  if (!composed) {
    feed(session::TokenFailed{composed.error().line()});
    return;
  }
  const std::string input = composed->signing_input;
  const Monotonic due = clock_.monotonic() + (composed->expires_at - wall);
  const std::uint64_t number = ++mints_;
  const auto done = [this, alive = alive_, input, number, due](Result<Bytes> signature) {
    if (!*alive || number != mints_) return;
    timers_.cancel(std::exchange(mint_timer_, 0));
    minted(input, due, std::move(signature));
  };
  mint_timer_ = timers_.after(mint_limit, [this] {
    mint_timer_ = 0;
    ++mints_;  // a late answer is of no use
    feed(session::TokenFailed{"the key holder does not answer"});
  });
  signing_.sign(input, done);
}

void SessionDriver::minted(const std::string& signing_input, Monotonic expires, Result<Bytes> signature) {
  if (!signature) {
    feed(session::TokenFailed{signature.error().line()});
    return;
  }
  token_ = token::join(signing_input, *signature);
  feed(session::TokenReady{expires});
}

void SessionDriver::connect(std::size_t endpoint) {
  auto fields = dialect_.connect_fields(std::exchange(token_, {}));
  ConnectRequest request;
  request.endpoint = endpoints_.at(endpoint);
  request.client_id = std::move(fields.client_id);
  request.username = std::move(fields.username);
  request.password = std::move(fields.password);
  request.keepalive = settings_.cloud.keepalive;
  request.timeout = settings_.cloud.connect_timeout;
  request.ca_file = settings_.cloud.tls.ca_file;
  request.alpn = settings_.cloud.tls.alpn;
  endpoint_text_ = request.endpoint.text();
  transport_.connect(std::move(request));
}

void SessionDriver::report(const session::Report& what) {
  using What = session::Report::What;
  const std::string delay = spell(what.next_try);
  if (what.what != What::swap_started && what.what != What::short_lived) problem_ = what.reason;
  switch (what.what) {
    case What::connect_failed:
      log::emit(events::Id::connect_failed, {{"endpoint", endpoint_text_}, {"reason", what.reason}, {"delay", delay}});
      break;
    case What::token_failed:
      ++token_failures_;
      log::emit(events::Id::token_failed, {{"reason", what.reason}, {"delay", delay}});
      break;
    case What::session_lost:
    case What::ack_overdue: log::emit(events::Id::session_lost, {{"reason", what.reason}, {"delay", delay}}); break;
    case What::short_lived: log::emit(events::Id::sessions_short_lived, {{"count", what.reason}}); break;
    case What::waiting_for_time:     // said by the gateway, which knows the clock
    case What::swap_started: break;  // said when it is done, with its pause
  }
}

std::optional<Duration> SessionDriver::token_valid_for() const {
  const auto expires = machine_.token_expires();
  if (!expires) return std::nullopt;
  return std::chrono::duration_cast<Duration>(*expires - clock_.monotonic());
}

SessionStatus SessionDriver::status() const {
  SessionStatus status;
  status.state = session::word(machine_.state());
  status.endpoint = endpoint_text_;
  status.problem = problem_;
  status.since = std::chrono::duration_cast<Duration>(clock_.monotonic() - since_);
  if (machine_.state() == session::State::backing_off && machine_.timer_due())
    status.next_try = std::chrono::duration_cast<Duration>(*machine_.timer_due() - clock_.monotonic());
  status.connects = connects_;
  return status;
}

}  // namespace vouchgate::gateway
