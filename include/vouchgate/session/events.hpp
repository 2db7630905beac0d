// What the session machine hears and what it wants done. Values only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include "vouchgate/contract/clock.hpp"
#include "vouchgate/contract/transport.hpp"

namespace vouchgate::session {

enum class State {
  stopped,
  waiting_for_time,  // the clock is known to be wrong; no token is minted
  minting,           // a token for the next CONNECT
  connecting,
  connected,  // traffic is open (the next token may be under way)
  draining,   // fresh token in hand, traffic held, waiting for the window to empty
  closing,    // DISCONNECT sent, waiting for on_closed
  backing_off,
};
const char* word(State state);  // "waiting-for-time", "backing-off" ...

struct Settings {
  std::size_t endpoints = 1;
  Duration renew_before{}, backoff_base{}, backoff_cap{};
  Duration drain_limit = std::chrono::seconds(2);    // a swap does not wait longer for PUBACKs
  Duration stable_after = std::chrono::seconds(30);  // a session must live this long before the backoff is forgotten
  Duration short_life = std::chrono::minutes(1);     // a session that the peer ends earlier was short
  std::uint32_t short_lives = 3;                     // in a row: somebody else may use the same client id
  Duration stop_limit = std::chrono::seconds(3);     // Stopped comes at the latest this long after Stop, drain included
};

// Events. One that no longer fits the state (late, twice) is harmless.
struct Start {};
struct Stop {};
struct TimeTrusted {};   // before Start if the clock is plausible then; until it comes no token is minted
struct TimeDoubted {};   // known to be wrong: no token until TimeTrusted
struct ClockStepped {};  // set, not slewed, while it stays trusted: what was minted before has wrong claims
struct TokenReady {
  Monotonic expires;  // from the moment it was minted, whatever the wall clock has done since
};
struct TokenFailed {
  std::string reason;
};
struct Connected {};
struct ConnectFailed {
  ConnectFailure failure;
  std::string reason;
};
struct Closed {
  std::string reason;
};
struct WindowEmpty {};  // nothing in flight (sent also right after HoldTraffic if so already)
struct AckOverdue {};   // the oldest publish waited longer than cloud.ack_timeout: the session is dead
struct RenewNow {};     // an operator or a test asks
struct TimerFired {};   // the one timer armed last
using Event = std::variant<Start, Stop, TimeTrusted, TimeDoubted, ClockStepped, TokenReady, TokenFailed, Connected,
                           ConnectFailed, Closed, WindowEmpty, AckOverdue, RenewNow, TimerFired>;

// Actions, to be done in order; what may be answered at once stands last
struct Mint {};  // answered by exactly one TokenReady or TokenFailed; no second Mint before that
struct Connect {
  std::size_t endpoint;
};                     // with the token minted last; answered by Connected or ConnectFailed
struct Disconnect {};  // answered by Closed or ConnectFailed
struct Arm {
  Duration delay;
};  // replaces whatever was armed
struct Disarm {};
struct OpenTraffic {};   // attach, subscribe, then release queues
struct HoldTraffic {};   // publish nothing new; answered by WindowEmpty when the window is empty
struct CloseTraffic {};  // the session is gone: in flight goes back to pending, children are detached
struct Stopped {};
// One sentence for the log and status. Connected ends every complaint, an empty reason the one about the clock.
struct Report {
  enum class What {
    connect_failed,
    token_failed,
    session_lost,
    ack_overdue,
    waiting_for_time,
    swap_started,
    short_lived,  // once in a row: the sessions end soon after they begin; reason: how many
  } what;
  std::string reason;
  Duration next_try{};
};
using Action =
    std::variant<Mint, Connect, Disconnect, Arm, Disarm, OpenTraffic, HoldTraffic, CloseTraffic, Stopped, Report>;

}  // namespace vouchgate::session
