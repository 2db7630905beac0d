// A session machine on a virtual clock, with actions as one readable line. Never waits.
#pragma once

#include <string>

#include "vouchgate/session/machine.hpp"

namespace vouchgate::session {

inline std::string seconds_text(Duration delay) {
  std::string text = std::to_string(delay.count());
  return text + "ms";
}

struct Say {
  std::string operator()(const Mint&) const { return "mint"; }
  std::string operator()(const Connect& to) const { return "connect " + std::to_string(to.endpoint); }
  std::string operator()(const Disconnect&) const { return "disconnect"; }
  std::string operator()(const Arm& arm) const { return "arm " + seconds_text(arm.delay); }
  std::string operator()(const Disarm&) const { return "disarm"; }
  std::string operator()(const OpenTraffic&) const { return "open"; }
  std::string operator()(const HoldTraffic&) const { return "hold"; }
  std::string operator()(const CloseTraffic&) const { return "close"; }
  std::string operator()(const Stopped&) const { return "stopped"; }
  std::string operator()(const Report& report) const {
    constexpr const char* what[] = {"connect_failed",   "token_failed", "session_lost", "ack_overdue",
                                    "waiting_for_time", "swap_started", "short_lived"};
    std::string text = what[static_cast<int>(report.what)];
    if (!report.reason.empty()) text += " '" + report.reason + "'";
    if (report.next_try > Duration(0)) text += " in " + seconds_text(report.next_try);
    return text;
  }
};

class Bench {
 public:
  explicit Bench(std::size_t endpoints = 1, double random01 = 0.5)
      : machine(settings(endpoints), [random01] { return random01; }) {}

  static Settings settings(std::size_t endpoints) {
    Settings out;
    out.endpoints = endpoints;
    out.renew_before = std::chrono::minutes(10);
    out.backoff_base = std::chrono::seconds(2);
    out.backoff_cap = std::chrono::seconds(120);
    return out;
  }

  // The actions, joined by "; ".
  std::string on(const Event& event) {
    std::string line;
    for (const Action& action : machine.on(event, now)) {
      if (!line.empty()) line += "; ";
      line += std::visit(Say{}, action);
    }
    return line;
  }
  void pass(Duration time) { now += time; }
  // Lets the armed timer come due.
  std::string timer() {
    if (!machine.timer_due()) return "no timer";
    pass(std::chrono::ceil<Duration>(*machine.timer_due() - now));
    return on(TimerFired{});
  }
  TokenReady token() const { return TokenReady{now + std::chrono::hours(1)}; }
  State state() const { return machine.state(); }

  void to_minting() {
    on(TimeTrusted{});
    on(Start{});
  }
  void to_connecting() {
    to_minting();
    on(token());
  }
  void to_connected() {
    to_connecting();
    on(Connected{});
  }
  void to_draining() {
    to_connected();
    timer();
    on(token());
  }

  Machine machine;
  Monotonic now{std::chrono::hours(5)};
};

}  // namespace vouchgate::session
