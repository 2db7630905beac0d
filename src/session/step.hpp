// One event on its way through the session machine: the body behind Machine::on. Never reads a clock.
#pragma once

#include <utility>

#include "vouchgate/session/machine.hpp"

namespace vouchgate::session {

constexpr Duration shortest_retry = std::chrono::seconds(1);  // the platform throttles whole projects that hammer it
// Should a token be due when it is issued (a lifetime below renew_before or backdate), or the clock step again and
// again, swaps still keep this distance.
constexpr Duration shortest_swap = std::chrono::seconds(1);

struct Machine::Step {
  Machine& m;
  Monotonic now;
  std::vector<Action> out{};

  void operator()(const Start&);
  void operator()(const Stop&);
  void operator()(const TimeTrusted&);
  void operator()(const TimeDoubted&);
  void operator()(const ClockStepped&);
  void operator()(const TokenReady&);
  void operator()(const TokenFailed&);
  void operator()(const Connected&);
  void operator()(const ConnectFailed&);
  void operator()(const Closed&);
  void operator()(const WindowEmpty&);
  void operator()(const AckOverdue&);
  void operator()(const RenewNow&);
  void operator()(const TimerFired&);

  // Towards a session (connect.cpp)
  void mint();        // or waits for time
  void mint_again();  // in place of a token that became void
  void connect();
  void connect_failed(const ConnectFailed& failed);
  void back_off_until_retry();
  Duration next_ahead();  // as next_retry(), but sooner the closer the expiry
  Duration next_retry();  // counts one failure
  void first_endpoint();

  // With a session (renew.cpp)
  void count_short_life();
  void forget_if_stable();  // the backoff, after a session that lived long enough
  void arm_renewal();
  void renew();  // mints ahead, now or as soon as the time is trusted
  void drain(Duration limit);
  void disconnect();
  void lost(const std::string& reason);
  void closed(const std::string& reason);

  // Stopping (machine.cpp)
  void stopped();

  void arm(Duration delay);
  void arm_until(Monotonic when);
  void disarm();
  void close_traffic();
  template <class A>
  void act(A action) {
    out.emplace_back(std::in_place_type<A>, std::move(action));
  }
  void report(Report::What what, std::string reason, Duration next_try = Duration(0));
};

}  // namespace vouchgate::session
