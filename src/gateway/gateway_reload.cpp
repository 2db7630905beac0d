// A new configuration while the gateway runs. Never ends the session, never deletes a message.
#include "gateway_impl.hpp"
#include "vouchgate/base/log.hpp"

namespace vouchgate::gateway {
namespace {

constexpr std::size_t most_named = 10;

std::string names(const std::vector<DeviceId>& devices) {
  std::string out;
  for (std::size_t i = 0; i < std::min(devices.size(), most_named); ++i) out += (i == 0 ? "" : ", ") + devices[i].str();
  if (devices.size() > most_named) out += " and " + std::to_string(devices.size() - most_named) + " more";
  return devices.empty() ? "none" : out;
}

}  // namespace

Result<void> GatewayImpl::reload(Settings settings) {
  auto endpoints = endpoints_of(settings);
  if (!endpoints) return fail(endpoints.error());
  auto devices = devices_of(settings);
  if (!devices) return fail(devices.error());
  // Its id may have changed in the file, but the running gateway is still this one.
  if (devices->contains(parts_.dialect.gateway()))
    return fail(Code::invalid, "devices", parts_.dialect.gateway().str(), "is the gateway itself until a restart");
  settings_ = std::move(settings);
  reload_problem_.clear();
  session_.reconfigure(std::move(*endpoints));
  attachments_.reconfigure([this](const DeviceId& device) { return urgent(device); });
  change_devices(std::move(*devices));
  attachments_.admit_all();
  pump_.reconfigure();
  return {};
}

void GatewayImpl::change_devices(std::map<DeviceId, DeviceSettings> devices) {
  std::vector<DeviceId> added, removed;
  for (const auto& [device, unused] : devices)
    if (!devices_.contains(device)) added.push_back(device);
  for (const auto& [device, unused] : devices_)
    if (!devices.contains(device)) removed.push_back(device);
  if (!added.empty() || !removed.empty())
    log::emit(events::Id::devices_changed, {{"added", names(added)}, {"removed", names(removed)}});
  const SpoolUsage usage = parts_.spool.usage();
  for (const DeviceId& device : removed) remove_device(device, usage);
  devices_ = std::move(devices);  // not before: a turn that comes meanwhile may be an attach of one that leaves
  for (const DeviceId& device : added) {
    pump_.add(device);
    pump_.found_on_disk(device);  // what waits from an earlier time in the list; a look that finds nothing is cheap
    attachments_.add(device);
  }
}

void GatewayImpl::remove_device(const DeviceId& device, const SpoolUsage& usage) {
  attachments_.remove(device);
  listeners_.attachment(device, false, "not configured on this gateway any more");
  const auto ledger = usage.by_device.find(device.str());
  if (ledger == usage.by_device.end() || ledger->second.pending == 0) return;
  log::emit(events::Id::orphans, {{"device", device.str()}, {"count", std::to_string(ledger->second.pending)}});
}

}  // namespace vouchgate::gateway
