// The spool as an operator sees it: its states, said once each, what it gave up, and what lies in quarantine.
#include <algorithm>

#include "gateway_impl.hpp"
#include "vouchgate/base/log.hpp"

namespace vouchgate::gateway {

// Once a second: a state that comes and goes between two looks has shown itself in refusals, which are logged.
void GatewayImpl::watch_spool() {
  const SpoolUsage usage = parts_.spool.usage();
  tell_given_up(usage.total);
  count_traffic(usage.total);
  if (usage.state == spool_state_) return;
  spool_state_ = usage.state;
  if (spool_state_ == SpoolState::ok)
    log::emit(events::Id::spool_recovered, {{"free", std::to_string(usage.disk_free)}});
  else
    log::emit(events::Id::spool_state,
              {{"state", word(spool_state_)}, {"reason", usage.reason}, {"policy", settings_.spool.when_full}});
}

// Their children heard "stored", so that somebody must hear of this.
void GatewayImpl::tell_given_up(const Ledger& total) {
  const auto since = [&](std::uint64_t Ledger::*counter) {
    return std::max(total.*counter, told_.*counter) - told_.*counter;
  };
  const std::uint64_t expired = since(&Ledger::expired), dropped = since(&Ledger::dropped);
  told_ = total;
  if (expired + dropped == 0) return;
  log::emit(events::Id::messages_given_up, {{"count", std::to_string(expired + dropped)},
                                            {"expired", std::to_string(expired)},
                                            {"dropped", std::to_string(dropped)}});
}

void GatewayImpl::spool_list(Seq after, std::size_t most, std::function<void(Result<std::vector<Quarantined>>)> done) {
  parts_.spool.quarantined(after, most, std::move(done));
}

void GatewayImpl::spool_retry(Seq seq, std::function<void(Result<void>)> done) {
  parts_.spool.retry(seq, [this, alive = alive_, done = std::move(done)](const Result<DeviceId>& device) {
    if (!*alive) return;
    if (device && attachments_.known(*device)) {
      pump_.found_on_disk(*device);
      pump_.poke();
    }
    done(device ? Result<void>{} : fail(device.error()));
  });
}

void GatewayImpl::spool_discard(Seq seq, std::function<void(Result<void>)> done) {
  parts_.spool.discard(seq, std::move(done));
}

void GatewayImpl::spool_audit(std::function<void(Result<std::vector<AuditLine>>)> done) {
  parts_.spool.audit(std::move(done));
}

}  // namespace vouchgate::gateway
