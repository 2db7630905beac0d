// Timers over asio::steady_timer; a cancelled one is forgotten even if its expiry is already queued.
#include "loop_time.hpp"

namespace vouchgate::app {

TimerId LoopTimers::after(Duration delay, std::function<void()> function) {
  const TimerId id = next_++;
  auto timer = std::make_unique<Timer>(loop_);
  timer->function = std::move(function);
  timer->timer.expires_after(delay);
  timer->timer.async_wait([this, id](const boost::system::error_code& error) {
    if (error) return;
    const auto found = timers_.extract(id);
    if (!found.empty()) found.mapped()->function();
  });
  timers_.emplace(id, std::move(timer));
  return id;
}

}  // namespace vouchgate::app
