// Life with a session: renewal ahead of need, the swap, and loss. Never closes traffic before the old session is gone,
// except when that session is known to be dead.
#include <algorithm>

#include "step.hpp"

namespace vouchgate::session {
void Machine::Step::operator()(const Connected&) {
  if (m.state_ != State::connecting) return;
  m.state_ = State::connected;
  m.renewing_ = false;
  m.connected_at_ = now;
  m.traffic_open_ = true;
  if (std::exchange(m.clock_stepped_, false))
    arm(shortest_swap);
  else
    arm_renewal();
  act(OpenTraffic{});
}

// exp - renew_before, brought forward by up to a tenth of renew_before so that a fleet spreads.
void Machine::Step::arm_renewal() {
  const Duration before = m.settings_.renew_before;
  const auto spread = Duration(static_cast<Duration::rep>(static_cast<double>(before.count()) * m.random_() / 10));
  const auto left = std::chrono::floor<Duration>(*m.expires_ - now);
  arm(std::max(shortest_swap, left - before - spread));
}

void Machine::Step::operator()(const RenewNow&) {
  if (m.state_ != State::connected || m.minting_ahead_) return;
  disarm();
  renew();
}

void Machine::Step::renew() {
  if (!m.minting_ahead_) forget_if_stable();
  m.renewing_ = m.minting_ahead_ = true;
  m.renewal_put_off_ = !m.time_trusted_;
  if (m.renewal_put_off_) return;
  if (!std::exchange(m.mint_open_, true)) act(Mint{});
}

void Machine::Step::drain(Duration limit) {
  m.state_ = State::draining;
  arm(limit);
  act(HoldTraffic{});
}

void Machine::Step::operator()(const WindowEmpty&) {
  if (m.state_ == State::draining) disconnect();
}

void Machine::Step::disconnect() {
  m.state_ = State::closing;
  if (m.stopping_)
    arm_until(m.stop_by_);
  else
    disarm();
  act(Disconnect{});
}

void Machine::Step::operator()(const AckOverdue&) {
  if (m.state_ == State::draining) return disconnect();
  if (m.state_ != State::connected) return;
  forget_if_stable();
  m.renewing_ = m.minting_ahead_ = m.renewal_put_off_ = false;
  first_endpoint();
  report(Report::What::ack_overdue, "no PUBACK in time", next_retry());
  close_traffic();
  disconnect();
}

void Machine::Step::operator()(const Closed& event) {
  switch (m.state_) {
    case State::connected: return lost(event.reason);
    case State::draining:
    case State::closing: return closed(event.reason);
    default: return;
  }
}

void Machine::Step::lost(const std::string& reason) {
  count_short_life();
  forget_if_stable();
  m.expires_.reset();
  m.renewing_ = m.minting_ahead_ = m.renewal_put_off_ = false;
  first_endpoint();
  close_traffic();
  report(Report::What::session_lost, reason, next_retry());
  back_off_until_retry();
}

// The end of a swap's old session, of a dead one, or of the last one.
void Machine::Step::closed(const std::string&) {
  if (m.stopping_) return stopped();
  m.expires_.reset();
  close_traffic();
  if (!m.renewing_) return back_off_until_retry();
  disarm();
  m.tried_in_round_ = 0;
  connect();
}

void Machine::Step::forget_if_stable() {
  const auto lived = now - m.connected_at_;
  const bool contested = m.short_lives_ >= m.settings_.short_lives;
  if (lived >= (contested ? m.settings_.short_life : m.settings_.stable_after)) m.backoff_.reset();
  if (lived >= m.settings_.short_life) m.short_lives_ = 0;  // however it ends, the row is broken
}

// Two clients with one id end each other's sessions for ever (MQTT 3.1.1, 3.1.4): both see sessions that begin well
// and end soon. Their growing backoff lets one of them work meanwhile.
void Machine::Step::count_short_life() {
  if (now - m.connected_at_ < m.settings_.short_life && ++m.short_lives_ == m.settings_.short_lives)
    report(Report::What::short_lived, std::to_string(m.short_lives_));
}

}  // namespace vouchgate::session
