// The gateway's snapshot of itself. Never changes anything.
#include <algorithm>

#include "gateway_impl.hpp"

namespace vouchgate::gateway {
namespace {

// Bytes that the spool can still take: up to its own limit, and up to what it leaves to others on its disk.
std::uint64_t room_in(const SpoolUsage& usage, const SpoolSettings& settings) {
  const auto above = [](std::uint64_t all, std::uint64_t used) { return all > used ? all - used : 0; };
  return std::min(above(usage.max_bytes, usage.bytes), above(usage.disk_free, settings.min_free));
}

}  // namespace

void GatewayImpl::count_traffic(const Ledger& total) {
  counted_.sample({total.stored + direct_.count(), total.delivered + direct_.count(), refused_, bytes_taken_},
                  parts_.clock.monotonic());
}

Status GatewayImpl::status() const {
  Status status;
  status.version = parts_.version;
  status.gateway = parts_.dialect.gateway().str();
  status.uptime = std::chrono::duration_cast<Duration>(parts_.clock.monotonic() - started_at_);
  status.time_trusted = time_trusted_;
  status.time = time_;
  status.reload_problem = reload_problem_;
  status.session = session_.status();
  status.session.swaps = swaps_.count();
  status.session.recent_swaps = swaps_.recent();
  if (session_.machine().state() == session::State::connected) {
    status.session.tls = parts_.transport.tls_version();
    status.session.round_trip = pump_.round_trip();
  }
  status.token.algorithm = settings_.key.algorithm;
  status.token.holder = settings_.key.holder;
  if (const auto key = parts_.signing.info()) status.token.where = key->where;
  status.token.failures = session_.token_failures();
  status.token.valid_for = session_.token_valid_for();
  if (session_.machine().state() == session::State::connected && session_.machine().timer_due())
    status.token.renew_in =
        std::chrono::duration_cast<Duration>(*session_.machine().timer_due() - parts_.clock.monotonic());
  status.spool = parts_.spool.usage();
  for (const auto& [device, unused] : devices_) {
    const auto& machine = attachments_.machine(device);
    ChildStatus child;
    child.device = device.str();
    child.state = attach::word(machine.state());
    child.reason = machine.reason();
    if (machine.state() == attach::State::held_off)
      child.next_try = std::chrono::duration_cast<Duration>(machine.due() - parts_.clock.monotonic());
    child.connections = listeners_.count(device);
    if (const auto ledger = status.spool.by_device.find(child.device); ledger != status.spool.by_device.end())
      child.ledger = ledger->second;
    status.children.push_back(std::move(child));
  }
  status.in_flight = pump_.in_flight();
  status.window = pump_.window();
  status.refused = refused_;
  status.direct = direct_.count();
  status.traffic = counted_.status(room_in(status.spool, settings_.spool));
  status.faults = log::faults();
  return status;
}

}  // namespace vouchgate::gateway
