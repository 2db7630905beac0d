// Joins session, attachments, pump and listeners into the product. Every method runs on the loop thread.
#include "gateway_impl.hpp"
#include "overloaded.hpp"
#include "vouchgate/base/log.hpp"
#include "vouchgate/base/spell.hpp"

namespace vouchgate::gateway {
namespace {

constexpr Duration tick_every = std::chrono::seconds(1);

}  // namespace

Pump::Hooks GatewayImpl::pump_hooks() {
  return {.window_empty = [this] { session_.feed(session::WindowEmpty{}); },
          .delivered = [this](const std::vector<Seq>& seqs) { listeners_.delivered(seqs); },
          .direct_delivered = [this](std::uint64_t id) { direct_.delivered(id); },
          .poisoned =
              [](const DeviceId& device, Seq seq) {
                log::emit(events::Id::message_quarantined, {{"device", device.str()}, {"seq", std::to_string(seq)}});
              },
          .spool_failed =
              [](const Error& error) {
                log::emit(events::Id::spool_failed, {{"reason", error.line()}});
              }};
}

Attachments::Hooks GatewayImpl::attachment_hooks() {
  return {.authorization = [this](const DeviceId& device) { return authorization(device); },
          .changed =
              [this](const DeviceId& device, bool attached, const std::string& reason) {
                if (attached) swaps_.queue_opened(parts_.clock.monotonic());
                listeners_.attachment(device, attached, reason);
              },
          .all_settled =
              [this] {
                const auto counts = attachments_.counts();
                log::emit(events::Id::children_ready, {{"attached", std::to_string(counts.subscribed)},
                                                       {"total", std::to_string(counts.total)},
                                                       {"held", std::to_string(counts.held_off)}});
                const auto swap = swaps_.settled(parts_.clock.monotonic());
                if (!swap) return;
                log::emit(events::Id::swap_done, {{"pause", spell(swap->pause)},
                                                  {"in_flight", std::to_string(swap->in_flight)},
                                                  {"valid", spell(session_.token_valid_for().value_or(Duration(0)))}});
              }};
}

SessionDriver::Hooks GatewayImpl::session_hooks() {
  return {.open_traffic = [this] { open_traffic(); },
          .hold_traffic =
              [this] {
                if (!stopping_) swaps_.held(parts_.clock.monotonic());
                pump_.hold();
              },
          .close_traffic = [this] { close_traffic(); },
          .stopped =
              [this] {
                session_stopped_ = true;
                finish_if_stopped();
              }};
}

void GatewayImpl::start(std::function<void(Result<void>)> started) {
  const auto answer = [this, alive = alive_, started](Result<std::map<std::string, std::uint64_t>> pending) {
    if (!*alive || stopping_) return;
    if (!pending) return started(fail(pending.error()));
    for (const auto& [name, count] : *pending) {
      const auto device = DeviceId::parse(name);
      if (count == 0) continue;
      if (!device || !attachments_.known(*device)) {
        log::emit(events::Id::orphans, {{"device", printable(name)}, {"count", std::to_string(count)}});
        continue;
      }
      pump_.found_on_disk(*device);
    }
    parts_.time.on_step([this, alive_too = alive_] {
      if (*alive_too) check_clock();
    });
    told_ = parts_.spool.usage().total;
    tick();
    session_.feed(session::Start{});
    started({});
  };
  parts_.spool.pending(answer);
}

void GatewayImpl::stop(std::function<void()> stopped) {
  stopping_ = true;
  stopped_ = std::move(stopped);
  session_.feed(session::Stop{});
}

// Stopped means: the session is over and every offer taken has had its answer.
void GatewayImpl::finish_if_stopped() {
  if (!session_stopped_ || !appending_.empty() || !stopped_) return;
  const auto done = std::exchange(stopped_, nullptr);
  parts_.timers.cancel(std::exchange(tick_, 0));
  done();
}

void GatewayImpl::tick() {
  tick_ = parts_.timers.after(tick_every, [this] { tick(); });
  check_clock();
  const bool filters_overdue =
      gateway_filters_id_ != 0 && parts_.clock.monotonic() - gateway_filters_sent_ > settings_.cloud.ack_timeout;
  if (pump_.overdue() || filters_overdue) session_.feed(session::AckOverdue{});
  pump_.poke();
  attachments_.find_places([this](const DeviceId& device) { return urgent(device); });
  watch_spool();
}

void GatewayImpl::open_traffic() {
  gateway_filters_id_ = next_filters_id_++;
  gateway_filters_sent_ = parts_.clock.monotonic();
  parts_.transport.subscribe(gateway_filters_id_, parts_.dialect.gateway_filters());
}

void GatewayImpl::traffic_ready() {
  gateway_filters_id_ = 0;
  pump_.start();
  attachments_.session_up([this](const DeviceId& device) { return urgent(device); });
}

void GatewayImpl::close_traffic() {
  gateway_filters_id_ = 0;
  swaps_.session_lost(pump_.in_flight());
  attachments_.session_lost();
  // A planned swap and a stop end the session on purpose: no message is to blame.
  pump_.session_lost(!stopping_ && !session_.machine().renewing());
  direct_.lost_all();
}

void GatewayImpl::on_acked(const std::vector<std::uint64_t>& ids) {
  std::vector<std::uint64_t> messages;
  messages.reserve(ids.size());
  for (const std::uint64_t id : ids) {
    if ((id & control_id_bit) != 0)
      attachments_.acked(id);
    else
      messages.push_back(id);
  }
  if (!messages.empty()) pump_.acked(messages);
}

void GatewayImpl::on_subscribed(std::uint64_t id, const std::vector<int>& granted) {
  if (id == gateway_filters_id_)
    traffic_ready();
  else
    attachments_.subscribed(id, granted);
}

void GatewayImpl::on_messages(std::vector<Inbound> messages) {
  for (const Inbound& message : messages) {
    std::visit(
        Overloaded{
            [&](const dialect::ConfigFor& config) {
              if (devices_.contains(config.device)) listeners_.config(config.device, message.payload);
            },
            [&](const dialect::CommandFor& command) {
              if (devices_.contains(command.device))
                listeners_.command(command.device, command.subfolder, message.payload);
            },
            [&](const dialect::GatewayError& error) { cloud_error(error); },
            [&](const dialect::Unknown& unknown) {
              log::emit(events::Id::cloud_unknown, {{"topic", printable(message.topic)}, {"reason", unknown.reason}});
            },
        },
        parts_.dialect.read(message.topic, message.payload));
  }
}

void GatewayImpl::cloud_error(const dialect::GatewayError& error) {
  const std::string type = printable(error.type);
  const std::string description = printable(error.description);
  log::emit(events::Id::cloud_error,
            {{"type", type}, {"description", description}, {"device", printable(error.device)}});
  const auto device = DeviceId::parse(error.device);
  if (!device || !attachments_.known(*device) || !(error.about_attach || error.lost_attachment)) return;
  if (error.lost_attachment) {
    pump_.take_back(*device);
    direct_.lost(*device);
  }
  attachments_.refused(*device, description.empty() ? type : description, error.lost_attachment);
}

Result<void> GatewayImpl::want(const std::string& name, bool wanted) {
  const auto device = DeviceId::parse(name);
  if (!device) return fail(device.error());
  if (!attachments_.known(*device))
    return fail(Code::not_found, "device", name, "not configured on this gateway",
                "add it to devices: in vouchgate.yaml");
  attachments_.want(*device, wanted);
  if (wanted) attachments_.need(*device, [this](const DeviceId& other) { return urgent(other); });
  return {};
}

Result<void> GatewayImpl::renew_token() {
  if (session_.machine().state() != session::State::connected || session_.machine().renewing())
    return fail(Code::busy, "session", session::word(session_.machine().state()), "no planned swap is possible now",
                "it needs a session that is connected and not being swapped already");
  session_.feed(session::RenewNow{});
  return {};
}

Result<std::vector<Endpoint>> endpoints_of(const Settings& settings) {
  std::vector<Endpoint> endpoints;
  for (const std::string& text : settings.cloud.endpoints) {
    const auto endpoint = Endpoint::parse(text);
    if (!endpoint) return fail(endpoint.error());
    endpoints.push_back(*endpoint);
  }
  if (endpoints.empty()) return fail(Code::invalid, "cloud.endpoints", "", "must name at least one");
  return endpoints;
}

Result<std::map<DeviceId, DeviceSettings>> devices_of(const Settings& settings) {
  std::map<DeviceId, DeviceSettings> devices;
  for (const DeviceSettings& device : settings.devices) {
    const auto id = DeviceId::parse(device.id);
    if (!id) return fail(id.error());
    devices.emplace(*id, device);
  }
  return devices;
}

Result<std::unique_ptr<Gateway>> make(Settings settings, Parts parts) {
  const auto algorithm = algorithm_from_word(settings.key.algorithm);
  if (!algorithm)
    return fail(Code::invalid, "key.algorithm", settings.key.algorithm, "unknown", "ES256, ES384, RS256 or PS256");
  auto endpoints = endpoints_of(settings);
  if (!endpoints) return fail(endpoints.error());
  auto devices = devices_of(settings);
  if (!devices) return fail(devices.error());
  return std::make_unique<GatewayImpl>(std::move(settings), std::move(parts), std::move(*endpoints), *algorithm,
                                       std::move(*devices));
}

}  // namespace vouchgate::gateway
