// Decides when to mint, connect, renew, back off: never gives up. Pure: events and times in, actions out.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "vouchgate/base/backoff.hpp"
#include "vouchgate/session/events.hpp"

namespace vouchgate::session {

class Machine {
 public:
  Machine(Settings settings, Random random);

  std::vector<Action> on(const Event& event, Monotonic now);
  // In force from now on; a session that is up, and a pause under way, stay. new_endpoints: they are others than
  // before, and the next CONNECT goes to the first.
  void reconfigure(Settings settings, bool new_endpoints);

  State state() const { return state_; }
  bool renewing() const { return renewing_; }  // between the start of a planned swap and Connected
  std::optional<Monotonic> timer_due() const { return due_; }
  std::optional<Monotonic> token_expires() const { return expires_; }  // of the session's token
  std::size_t endpoint() const { return endpoint_; }
  // The clock was set after the token of this CONNECT was minted: what the cloud says to it says nothing of the clock.
  bool clock_stepped() const { return clock_stepped_; }

 private:
  struct Step;  // the body, in src/session
  friend struct Step;
  Settings settings_;
  Random random_;
  Backoff backoff_;
  State state_ = State::stopped;
  bool renewing_ = false, time_trusted_ = false, stopping_ = false, minting_ahead_ = false;
  bool mint_open_ = false;        // a Mint is not answered yet
  bool mint_void_ = false;        // ... and its token is of no use: the clock was doubted meanwhile
  bool renewal_put_off_ = false;  // until TimeTrusted
  bool clock_stepped_ = false;    // since the token of this CONNECT was minted
  std::uint32_t short_lives_ = 0;
  bool traffic_open_ = false;  // between OpenTraffic and CloseTraffic
  std::size_t endpoint_ = 0, tried_in_round_ = 0;
  bool endpoint_gone_ = false;  // the CONNECT under way goes to one that is not listed any more
  std::optional<Monotonic> due_;
  Monotonic connected_at_{}, retry_at_{}, stop_by_{};
  std::optional<Monotonic> expires_, next_expires_;
};

}  // namespace vouchgate::session
