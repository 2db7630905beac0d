// The session machine's entry, its timer, and the way down. Never gives up before it is told to stop.
#include "vouchgate/session/machine.hpp"

#include <algorithm>

#include "step.hpp"

namespace vouchgate::session {

const char* word(State state) {
  switch (state) {
    case State::stopped: return "stopped";
    case State::waiting_for_time: return "waiting-for-time";
    case State::minting: return "minting";
    case State::connecting: return "connecting";
    case State::connected: return "connected";
    case State::draining: return "draining";
    case State::closing: return "closing";
    case State::backing_off: return "backing-off";
  }
  return "";
}

Machine::Machine(Settings settings, Random random)
    : settings_(settings),
      random_(std::move(random)),
      backoff_(settings.backoff_base, settings.backoff_cap, shortest_retry) {
  settings_.endpoints = std::max<std::size_t>(1, settings_.endpoints);
}

void Machine::reconfigure(Settings settings, bool new_endpoints) {
  settings.endpoints = std::max<std::size_t>(1, settings.endpoints);
  if (settings.backoff_base != settings_.backoff_base || settings.backoff_cap != settings_.backoff_cap)
    backoff_ = Backoff(settings.backoff_base, settings.backoff_cap, shortest_retry);
  settings_ = settings;
  if (!new_endpoints) return;
  endpoint_ = tried_in_round_ = 0;
  endpoint_gone_ = state_ == State::connecting;
}

std::vector<Action> Machine::on(const Event& event, Monotonic now) {
  Step step{*this, now};
  std::visit(step, event);
  return std::move(step.out);
}

void Machine::Step::operator()(const Start&) {
  if (m.state_ != State::stopped) return;
  m.backoff_.reset();
  first_endpoint();
  mint();
}

void Machine::Step::operator()(const Stop&) {
  if (m.stopping_) return;
  m.stop_by_ = now + m.settings_.stop_limit;
  m.minting_ahead_ = m.renewing_ = m.renewal_put_off_ = false;
  switch (m.state_) {
    case State::stopped:
    case State::waiting_for_time:
    case State::minting:
    case State::backing_off: return stopped();
    case State::connecting: m.stopping_ = true; return disconnect();
    case State::connected:
    case State::draining: m.stopping_ = true; return drain(std::min(m.settings_.drain_limit, m.settings_.stop_limit));
    case State::closing: m.stopping_ = true; return arm(m.settings_.stop_limit);
  }
}

void Machine::Step::operator()(const TimerFired&) {
  if (!m.due_) return;
  if (now < *m.due_) return arm_until(*m.due_);  // of a timer that was replaced
  m.due_.reset();
  switch (m.state_) {
    case State::connected: return renew();
    case State::draining: return disconnect();
    case State::backing_off: return mint();
    case State::closing: return stopped();  // armed only while stopping
    default: return;
  }
}

void Machine::Step::stopped() {
  disarm();
  close_traffic();
  m.state_ = State::stopped;
  m.stopping_ = false;
  m.expires_.reset();
  m.next_expires_.reset();
  act(Stopped{});
}

void Machine::Step::arm(Duration delay) {
  m.due_ = now + delay;
  act(Arm{delay});
}

void Machine::Step::arm_until(Monotonic when) { arm(std::max(Duration(0), std::chrono::ceil<Duration>(when - now))); }

void Machine::Step::disarm() {
  if (!m.due_) return;
  m.due_.reset();
  act(Disarm{});
}

void Machine::Step::close_traffic() {
  if (std::exchange(m.traffic_open_, false)) act(CloseTraffic{});
}

void Machine::Step::report(Report::What what, std::string reason, Duration next_try) {
  act(Report{what, std::move(reason), next_try});
}

}  // namespace vouchgate::session
