// What the gateway makes of the wall clock: a verdict, and steps. Wall time fills claims; it never schedules anything.
#include <ctime>

#include "gateway_impl.hpp"
#include "vouchgate/base/log.hpp"
#include "vouchgate/base/spell.hpp"

namespace vouchgate::gateway {
namespace {

constexpr Duration step_of_note = std::chrono::seconds(5);  // below it a token's claims stay good enough

std::string utc(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace

// How far the wall clock moved against the monotonic one since the last look: it was set, or the machine slept.
Duration GatewayImpl::clock_drift() {
  const Monotonic monotonic = parts_.clock.monotonic();
  const WallTime wall = parts_.clock.wall();
  const auto drift = std::chrono::duration_cast<Duration>((wall - last_wall_) - (monotonic - last_monotonic_));
  const bool first = last_monotonic_ == Monotonic{};
  last_monotonic_ = monotonic;
  last_wall_ = wall;
  return first ? Duration(0) : drift;
}

void GatewayImpl::check_clock() {
  const Duration drift = clock_drift();
  time_ = parts_.time.judge();
  const bool trusted = time_.confidence != TimeConfidence::wrong;
  const bool first = !std::exchange(time_known_, true);
  if (!first && trusted == time_trusted_) {
    if (trusted && std::chrono::abs(drift) >= step_of_note) clock_stepped(drift);
    return;
  }
  time_trusted_ = trusted;
  if (!trusted) {
    log::emit(events::Id::waiting_for_time, {{"reason", time_.reason}});
    return session_.feed(session::TimeDoubted{});
  }
  if (!first)
    log::emit(events::Id::time_trusted, {{"now", utc(parts_.clock.wall())}, {"confidence", word(time_.confidence)}});
  session_.feed(session::TimeTrusted{});
}

void GatewayImpl::clock_stepped(Duration drift) {
  const std::string step = (drift < Duration(0) ? "-" : "+") + spell(std::chrono::abs(drift));
  log::emit(events::Id::clock_stepped, {{"step", step}, {"now", utc(parts_.clock.wall())}});
  session_.feed(session::ClockStepped{});
}

// An accepted token proves the time it was made from, which is the present one only if nobody has set the clock since.
void GatewayImpl::on_connected() {
  check_clock();
  if (time_trusted_ && !session_.machine().clock_stepped()) parts_.time.confirmed();
  session_.feed(session::Connected{});
}

// A refused token is refused for its key, its audience or its times; only of the last does anybody here know something.
void GatewayImpl::on_connect_failed(ConnectFailure failure, const std::string& reason) {
  const bool of_token = failure == ConnectFailure::credentials;
  session_.feed(
      session::ConnectFailed{failure, of_token ? reason + "; the clock is " + word(time_.confidence) : reason});
}

}  // namespace vouchgate::gateway
