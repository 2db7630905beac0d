// The gateway's one class: session, attachments, pump and listeners joined. Its bodies stand by topic in gateway.cpp
// (life and session), gateway_children.cpp (the local side), gateway_reload.cpp, gateway_spool.cpp,
// gateway_clock.cpp and gateway_status.cpp. Never names an adapter.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "attachments.hpp"
#include "direct.hpp"
#include "listeners.hpp"
#include "pump.hpp"
#include "session_driver.hpp"
#include "swap_log.hpp"
#include "traffic.hpp"
#include "vouchgate/gateway/gateway.hpp"

namespace vouchgate::gateway {

// What settings say in words of their own. Errors: invalid.
Result<std::vector<Endpoint>> endpoints_of(const Settings& settings);
Result<std::map<DeviceId, DeviceSettings>> devices_of(const Settings& settings);

class GatewayImpl : public Gateway, private TransportEvents {
 public:
  GatewayImpl(Settings settings, Parts parts, std::vector<Endpoint> endpoints, Algorithm algorithm,
              std::map<DeviceId, DeviceSettings> devices)
      : settings_(std::move(settings)),
        parts_(std::move(parts)),
        devices_(std::move(devices)),
        started_at_(parts_.clock.monotonic()),
        pump_(settings_, parts_.clock, parts_.timers, parts_.spool, parts_.transport, parts_.dialect, pump_hooks()),
        direct_(settings_.spool.write_after, parts_.clock, parts_.timers, pump_, direct_hooks()),
        attachments_(settings_.cloud.attach, parts_.random, parts_.clock, parts_.timers, parts_.transport,
                     parts_.dialect, pump_, attachment_hooks()),
        session_(settings_, std::move(endpoints), algorithm, parts_.random, parts_.clock, parts_.timers,
                 parts_.transport, parts_.signing, parts_.dialect, session_hooks()) {
    for (const auto& [device, unused] : devices_) {
      pump_.add(device);
      attachments_.add(device);
    }
    parts_.transport.set_events(this);
  }
  ~GatewayImpl() override {
    *alive_ = false;
    parts_.timers.cancel(tick_);
    parts_.transport.set_events(nullptr);
    parts_.time.on_step(nullptr);
  }

  void start(std::function<void(Result<void>)> started) override;
  void stop(std::function<void()> stopped) override;
  Result<void> reload(Settings settings) override;
  void reload_failed(const std::string& reason) override { reload_problem_ = reason; }

  Result<Welcome> hello(const Hello& hello, ChildPort& port) override;
  void offered(Offer&& offer) override;
  void gone(ConnectionId connection) override { listeners_.gone(connection); }

  Status status() const override;
  Result<void> attach(const std::string& device) override { return want(device, true); }
  Result<void> detach(const std::string& device) override { return want(device, false); }
  Result<void> renew_token() override;
  void spool_list(Seq after, std::size_t most, std::function<void(Result<std::vector<Quarantined>>)> done) override;
  void spool_retry(Seq seq, std::function<void(Result<void>)> done) override;
  void spool_discard(Seq seq, std::function<void(Result<void>)> done) override;
  void spool_audit(std::function<void(Result<std::vector<AuditLine>>)> done) override;

 private:
  void on_connected() override;
  void on_connect_failed(ConnectFailure failure, const std::string& reason) override;
  void on_closed(const std::string& reason) override { session_.feed(session::Closed{reason}); }
  void on_acked(const std::vector<std::uint64_t>& ids) override;
  void on_subscribed(std::uint64_t id, const std::vector<int>& granted) override;
  void on_messages(std::vector<Inbound> messages) override;

  Pump::Hooks pump_hooks();
  Direct::Hooks direct_hooks();
  Attachments::Hooks attachment_hooks();
  SessionDriver::Hooks session_hooks();
  void open_traffic();
  void traffic_ready();
  void close_traffic();
  void tick();
  void check_clock();
  Duration clock_drift();
  void clock_stepped(Duration drift);
  void change_devices(std::map<DeviceId, DeviceSettings> devices);
  void remove_device(const DeviceId& device, const SpoolUsage& usage);
  void finish_if_stopped();
  void append(Message message, Spool::Stored stored);  // counted: stop() waits for its answer
  void watch_spool();
  void count_traffic(const Ledger& total);
  void taken(const Message& message);
  void tell_given_up(const Ledger& total);
  void say_stored(const Offer& offer, Seq seq);
  void stored(const std::shared_ptr<Offer>& offer, const Result<Seq>& seq);
  void refuse(const Offer& offer, const Error& error);
  void cloud_error(const dialect::GatewayError& error);
  Result<void> want(const std::string& device, bool wanted);
  std::string authorization(const DeviceId& device) const;
  bool urgent(const DeviceId& device) const;

  Settings settings_;  // other parts hold references to it: reload() changes its values
  const Parts parts_;
  std::map<DeviceId, DeviceSettings> devices_;
  const Monotonic started_at_;
  Listeners listeners_;
  SwapLog swaps_;
  Pump pump_;
  Direct direct_;
  Attachments attachments_;
  SessionDriver session_;
  TimerId tick_ = 0;
  std::uint64_t gateway_filters_id_ = 0;  // the subscribe that must be granted before any child is attached
  Monotonic gateway_filters_sent_{};
  std::uint64_t next_filters_id_ = control_id_bit | std::uint64_t{1} << 62;
  std::uint64_t refused_ = 0;
  std::uint64_t bytes_taken_ = 0;  // as the spool books them
  Traffic counted_;
  std::string reload_problem_;
  std::unordered_map<DeviceId, std::size_t> appending_;  // under way to the disk
  Monotonic last_monotonic_{};
  WallTime last_wall_{};
  TimeReport time_;
  SpoolState spool_state_ = SpoolState::ok;
  Ledger told_;  // what was given up before is not told again
  bool time_trusted_ = false, time_known_ = false, stopping_ = false, session_stopped_ = false;
  std::function<void()> stopped_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace vouchgate::gateway
