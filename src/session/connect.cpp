// The way to a session: time, token, endpoint, backoff. Never uses a token for a second CONNECT.
#include <algorithm>

#include "step.hpp"

namespace vouchgate::session {
namespace {

constexpr const char* untrusted = "the clock is wrong; no token is signed until time is known";

// A failure of the path: another endpoint may do better at once. All others are answers of a cloud that was reached.
bool is_of_path(ConnectFailure failure) { return failure == ConnectFailure::network || failure == ConnectFailure::tls; }

}  // namespace

void Machine::Step::operator()(const TimeTrusted&) {
  if (std::exchange(m.time_trusted_, true)) return;
  switch (m.state_) {
    case State::waiting_for_time: report(Report::What::waiting_for_time, {}); return mint();
    case State::connecting:
    case State::draining:
    case State::closing: m.clock_stepped_ = true; return;  // away and back since the token in hand was minted
    default: break;
  }
  if (m.renewal_put_off_) renew();
}

void Machine::Step::operator()(const TimeDoubted&) {
  if (!std::exchange(m.time_trusted_, false)) return;
  m.mint_void_ = m.mint_open_;
  if (m.state_ == State::minting) mint();
  if (m.minting_ahead_ && m.mint_open_) m.renewal_put_off_ = true;
}

// A token that is under way or in hand was made from the old time. One that is in use may end any time now.
void Machine::Step::operator()(const ClockStepped&) {
  m.mint_void_ = m.mint_open_;
  switch (m.state_) {
    case State::connecting:
    case State::draining:
    case State::closing: m.clock_stepped_ = true; return;
    case State::connected:
      if (m.minting_ahead_) return;
      if (now < m.connected_at_ + shortest_swap) return arm_until(m.connected_at_ + shortest_swap);
      disarm();
      return renew();
    case State::backing_off: m.retry_at_ = std::min(m.retry_at_, now + shortest_retry); return back_off_until_retry();
    default: return;
  }
}

void Machine::Step::operator()(const TokenReady& token) {
  if (!std::exchange(m.mint_open_, false)) return;
  if (std::exchange(m.mint_void_, false)) return mint_again();
  m.next_expires_ = token.expires;
  if (m.state_ == State::minting) return connect();
  if (m.state_ != State::connected || !std::exchange(m.minting_ahead_, false)) return;
  report(Report::What::swap_started, {});
  drain(m.settings_.drain_limit);
}

void Machine::Step::operator()(const TokenFailed& failed) {
  if (!std::exchange(m.mint_open_, false)) return;
  if (std::exchange(m.mint_void_, false)) return mint_again();
  const bool ahead = m.state_ == State::connected && m.minting_ahead_;
  if (m.state_ != State::minting && !ahead) return;
  const Duration delay = ahead ? next_ahead() : next_retry();
  report(Report::What::token_failed, failed.reason, delay);
  if (ahead) return arm(delay);
  first_endpoint();
  back_off_until_retry();
}

void Machine::Step::mint() {
  if (!m.time_trusted_) {
    m.state_ = State::waiting_for_time;
    m.renewing_ = false;
    return report(Report::What::waiting_for_time, untrusted);
  }
  m.state_ = State::minting;
  m.clock_stepped_ = false;
  if (!std::exchange(m.mint_open_, true)) act(Mint{});
}

void Machine::Step::mint_again() {
  const bool ahead = m.state_ == State::connected && m.minting_ahead_ && !m.renewal_put_off_;
  if (m.state_ != State::minting && !ahead) return;
  m.mint_open_ = true;
  act(Mint{});
}

void Machine::Step::connect() {
  if (std::exchange(m.clock_stepped_, false)) return mint();
  m.state_ = State::connecting;
  m.expires_ = std::exchange(m.next_expires_, std::nullopt);
  m.endpoint_gone_ = false;
  ++m.tried_in_round_;
  act(Connect{m.endpoint_});
}

void Machine::Step::operator()(const ConnectFailed& failed) {
  if (m.state_ == State::closing) return closed(failed.reason);
  if (m.state_ == State::connecting) connect_failed(failed);
}

void Machine::Step::connect_failed(const ConnectFailed& failed) {
  m.expires_.reset();
  const bool round_over = m.tried_in_round_ >= m.settings_.endpoints;
  const bool at_once = !round_over && is_of_path(failed.failure);
  const Duration delay = at_once ? Duration(0) : next_retry();
  report(Report::What::connect_failed, failed.reason, delay);
  // A cloud that says "unavailable" at one endpoint may serve at the next, after the pause it deserves.
  if (m.endpoint_gone_)
    first_endpoint();  // all that are listed now are still to be tried
  else if (!round_over && (at_once || failed.failure == ConnectFailure::server))
    m.endpoint_ = (m.endpoint_ + 1) % m.settings_.endpoints;
  else
    first_endpoint();
  if (at_once) return mint();
  back_off_until_retry();
}

Duration Machine::Step::next_retry() {
  const Duration delay = m.backoff_.next(m.random_());
  m.retry_at_ = now + delay;
  return delay;
}

// The session has a token until it expires: tries come closer together towards that time. Once it has passed without
// the cloud's ending the session, there is no hurry left.
Duration Machine::Step::next_ahead() {
  const Duration delay = next_retry();
  const auto left = std::chrono::floor<Duration>(*m.expires_ - now);
  return left > Duration(0) ? std::clamp(left / 2, shortest_retry, delay) : delay;
}

void Machine::Step::back_off_until_retry() {
  m.state_ = State::backing_off;
  m.renewing_ = false;
  arm_until(m.retry_at_);
}

void Machine::Step::first_endpoint() { m.endpoint_ = m.tried_in_round_ = 0; }

}  // namespace vouchgate::session
