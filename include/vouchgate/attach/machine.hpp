// One child's way onto the gateway's session: attach, subscribe, open its queue; held off when the cloud refuses it.
// Pure: events in, actions out. Never touches another child.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "vouchgate/base/backoff.hpp"
#include "vouchgate/contract/clock.hpp"

namespace vouchgate::attach {

enum class State {
  detached,    // no session, or an operator detached it
  attaching,   // attach sent or waiting for its turn; awaits PUBACK
  attached,    // PUBACK came; the subscription is under way while `settle` passes without an error
  subscribed,  // its queue is open
  held_off,    // refused; next try after a backoff of its own
};
const char* word(State state);  // "held-off" ...

struct Settings {
  Duration ack_timeout{}, settle{}, retry_base{}, retry_cap{};
  Duration stable_after = std::chrono::minutes(1);  // subscribed this long before its backoff is forgotten
};

// Events
struct SessionUp {};
struct SessionDown {};
struct AttachTurn {};     // the pacer lets RequestAttach go now
struct SubscribeTurn {};  // the pacer lets RequestSubscribe go now
struct AttachAcked {};
struct Subscribed {
  bool granted;
};
struct Refused {
  std::string reason;
  bool detached;
};  // an error of the gateway's errors topic about this child;
    // detached: the cloud dropped an attached child or does not know it as attached
struct TimerFired {};
struct Wanted {
  bool wanted;
};  // an operator's attach or detach; Wanted{true} also ends a backoff
using Event = std::variant<SessionUp, SessionDown, AttachTurn, SubscribeTurn, AttachAcked, Subscribed, Refused,
                           TimerFired, Wanted>;

// Actions
struct RequestAttach {};  // ask the pacer for a turn
struct RequestSubscribe {};
struct SendAttach {};
struct SendSubscribe {};  // config QoS 1 and commands/# QoS 1
struct SendDetach {};
struct Arm {
  Duration delay;
};
struct Disarm {};
struct OpenQueue {};
struct CloseQueue {};  // nothing of this child may be published
struct HeldOff {
  std::string reason;
  Duration next_try;
};
using Action = std::variant<RequestAttach, RequestSubscribe, SendAttach, SendSubscribe, SendDetach, Arm, Disarm,
                            OpenQueue, CloseQueue, HeldOff>;

class Machine {
 public:
  Machine(Settings settings, Random random);
  std::vector<Action> on(const Event& event, Monotonic now);
  void reconfigure(Settings settings);  // from the next step on; what is armed stays
  State state() const { return state_; }
  bool wanted() const { return wanted_; }                // by the operator
  const std::string& reason() const { return reason_; }  // why held off, empty otherwise
  Monotonic due() const { return due_; }  // of the armed timer; held_off: the next try, kept while there is no session

 private:
  struct Step;
  friend struct Step;
  Settings settings_;
  Random random_;
  Backoff backoff_;
  State state_ = State::detached;
  bool session_ = false, wanted_ = true, armed_ = false;
  bool attach_sent_ = false, settled_ = false, subscribe_sent_ = false, granted_ = false;  // of this attempt
  std::string reason_;
  Monotonic due_{}, answer_due_{}, subscribed_at_{};  // answer_due_: of the SUBACK
};

}  // namespace vouchgate::attach
