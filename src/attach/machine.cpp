// The attach machine: one child from detached to an open queue and back. Never opens the queue before the attach is
// acknowledged, has settled without an error, and the subscription is granted.
#include "vouchgate/attach/machine.hpp"

#include <algorithm>
#include <utility>

namespace vouchgate::attach {
namespace {

// Neither a quick draw of the jitter nor a small retry_base may make a refused child a load on the cloud.
constexpr Duration shortest_retry = std::chrono::seconds(1);

enum class Retry { soon, growing };

}  // namespace

const char* word(State state) {
  switch (state) {
    case State::detached: return "detached";
    case State::attaching: return "attaching";
    case State::attached: return "attached";
    case State::subscribed: return "subscribed";
    case State::held_off: return "held-off";
  }
  return "";
}

struct Machine::Step {
  Machine& m;
  Monotonic now;
  std::vector<Action> out{};

  void operator()(const SessionUp&);
  void operator()(const SessionDown&);
  void operator()(const AttachTurn&);
  void operator()(const SubscribeTurn&);
  void operator()(const AttachAcked&);
  void operator()(const Subscribed&);
  void operator()(const Refused&);
  void operator()(const TimerFired&);
  void operator()(const Wanted&);

  void begin();
  void open_if_complete();
  void hold_off(const std::string& reason, Retry retry = Retry::growing);
  void detach();
  void leave(State next);  // forgets the attempt, closes the queue
  Duration soon();
  void arm_until(Monotonic when) { arm(std::max(Duration(0), std::chrono::ceil<Duration>(when - now))); }
  void arm(Duration delay);
  void disarm();
  template <class A>
  void act(A action) {
    out.emplace_back(std::in_place_type<A>, std::move(action));
  }
};

Machine::Machine(Settings settings, Random random)
    : settings_(settings),
      random_(std::move(random)),
      backoff_(settings.retry_base, settings.retry_cap, shortest_retry) {}

void Machine::reconfigure(Settings settings) {
  if (settings.retry_base != settings_.retry_base || settings.retry_cap != settings_.retry_cap)
    backoff_ = Backoff(settings.retry_base, settings.retry_cap, shortest_retry);
  settings_ = settings;
}

std::vector<Action> Machine::on(const Event& event, Monotonic now) {
  Step step{*this, now};
  std::visit(step, event);
  return std::move(step.out);
}

void Machine::Step::operator()(const SessionUp&) {
  if (std::exchange(m.session_, true) || !m.wanted_) return;
  // A swap of the session is no reason to try a refused child earlier.
  if (m.state_ == State::held_off && now < m.due_) return arm_until(m.due_);
  begin();
}

void Machine::Step::operator()(const SessionDown&) {
  if (!std::exchange(m.session_, false)) return;
  disarm();
  if (m.state_ != State::held_off) leave(State::detached);
}

void Machine::Step::operator()(const AttachTurn&) {
  if (m.state_ != State::attaching || std::exchange(m.attach_sent_, true)) return;
  arm(m.settings_.ack_timeout);
  act(SendAttach{});
}

void Machine::Step::operator()(const AttachAcked&) {
  if (m.state_ != State::attaching || !m.attach_sent_) return;
  m.state_ = State::attached;
  arm(m.settings_.settle);
  act(RequestSubscribe{});
}

void Machine::Step::operator()(const SubscribeTurn&) {
  if (m.state_ != State::attached || std::exchange(m.subscribe_sent_, true)) return;
  m.answer_due_ = now + m.settings_.ack_timeout;
  if (m.settled_) arm(m.settings_.ack_timeout);
  act(SendSubscribe{});
}

void Machine::Step::operator()(const Subscribed& answer) {
  if (m.state_ != State::attached || !m.subscribe_sent_) return;
  if (!answer.granted) return hold_off("the subscription was refused");
  m.granted_ = true;
  open_if_complete();
}

void Machine::Step::operator()(const Refused& refused) {
  // While held off, more errors about packets already sent change nothing.
  if (!m.session_ || m.state_ == State::held_off || m.state_ == State::detached) return;
  hold_off(refused.reason, refused.detached ? Retry::soon : Retry::growing);
}

void Machine::Step::operator()(const TimerFired&) {
  if (!m.armed_) return;
  if (now < m.due_) return arm_until(m.due_);  // of a timer that was replaced
  m.armed_ = false;
  switch (m.state_) {
    case State::attaching: return hold_off("no answer to attach");
    case State::attached:
      if (m.settled_) return hold_off("no answer to subscribe");
      m.settled_ = true;
      if (m.subscribe_sent_ && !m.granted_) return arm_until(m.answer_due_);
      return open_if_complete();
    case State::held_off: return begin();
    default: return;
  }
}

void Machine::Step::operator()(const Wanted& wish) {
  m.wanted_ = wish.wanted;
  if (!wish.wanted) return detach();
  if (m.state_ == State::held_off) {
    m.backoff_.reset();
    disarm();
    leave(State::detached);
  }
  if (m.state_ == State::detached && m.session_) begin();
}

void Machine::Step::begin() {
  leave(State::attaching);
  act(RequestAttach{});
}

void Machine::Step::open_if_complete() {
  if (!m.settled_ || !m.granted_) return;
  disarm();
  m.state_ = State::subscribed;
  m.subscribed_at_ = now;
  act(OpenQueue{});
}

// First leave, then draw: a child that was open for long starts its backoff anew.
void Machine::Step::hold_off(const std::string& reason, Retry retry) {
  leave(State::held_off);
  m.reason_ = reason;
  const Duration delay = retry == Retry::soon ? soon() : m.backoff_.next(m.random_());
  arm(delay);
  act(HeldOff{reason, delay});
}

// An attach that was sent may have been granted: take it back too.
void Machine::Step::detach() {
  const bool may_be_attached = m.session_ && m.attach_sent_;
  disarm();
  leave(State::detached);
  if (may_be_attached) act(SendDetach{});
}

void Machine::Step::leave(State next) {
  if (m.state_ == State::subscribed) {
    if (now - m.subscribed_at_ >= m.settings_.stable_after) m.backoff_.reset();
    act(CloseQueue{});
  }
  m.state_ = next;
  m.reason_.clear();
  m.attach_sent_ = m.settled_ = m.subscribe_sent_ = m.granted_ = false;
}

// The cloud let go of a child that it had accepted: worth a try at the short end, whatever came before.
Duration Machine::Step::soon() {
  return Backoff(m.settings_.retry_base, m.settings_.retry_base, shortest_retry).next(m.random_());
}

void Machine::Step::arm(Duration delay) {
  m.armed_ = true;
  m.due_ = now + delay;
  act(Arm{delay});
}

void Machine::Step::disarm() {
  if (std::exchange(m.armed_, false)) act(Disarm{});
}

}  // namespace vouchgate::attach
