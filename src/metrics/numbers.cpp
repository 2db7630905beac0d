// Names, units and help of every number; docs/metrics.md lists them.
#include "numbers.hpp"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <vector>

#include "devices.hpp"

namespace vouchgate::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

double number(std::uint64_t count) { return static_cast<double>(count); }
double number(bool yes) { return yes ? 1 : 0; }
double seconds(Duration duration) { return static_cast<double>(duration.count()) / 1000; }

class Page {
 public:
  Page& family(MetricType type, const char* name, const char* help) {
    families_.push_back({std::string("vouchgate_") + name, help, type, {}});
    return *this;
  }
  Page& gauge(const char* name, const char* help) { return family(MetricType::Gauge, name, help); }
  Page& counter(const char* name, const char* help) { return family(MetricType::Counter, name, help); }
  // One series of the family named last.
  Page& with(double value, Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    (families_.back().type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    families_.back().metric.push_back(std::move(metric));
    return *this;
  }
  std::string text() const {
    std::vector<MetricFamily> present;
    std::ranges::copy_if(families_, std::back_inserter(present),
                         [](const auto& family) { return !family.metric.empty(); });
    return prometheus::TextSerializer().Serialize(present);
  }

 private:
  std::vector<MetricFamily> families_;
};

void about(Page& page, const Status& status) {
  page.gauge("build_info", "Always 1; the version of the running daemon.").with(1, {{"version", status.version}});
  page.gauge("gateway_info", "Always 1; who the gateway is and what signs for it.")
      .with(1, {{"gateway", status.gateway}, {"holder", status.token.holder}, {"algorithm", status.token.algorithm}});
  page.gauge("uptime_seconds", "Since the daemon started.").with(seconds(status.uptime));
  page.gauge("clock_confidence", "How far the wall clock is believed: 0 wrong, 1 plausible, 2 synchronised.")
      .with(static_cast<double>(status.time.confidence));
  page.gauge("clock_trusted", "0 while the clock is known to be wrong and no token is signed.")
      .with(number(status.time_trusted));
}

void session(Page& page, const Status& status) {
  const SessionStatus& session = status.session;
  page.gauge("session_connected", "1 while the session to the cloud is open.")
      .with(number(session.state == "connected"));
  page.gauge("session_state", "Always 1; the session's state is in the label.").with(1, {{"state", session.state}});
  page.gauge("session_state_seconds", "How long the session has been in its state.").with(seconds(session.since));
  page.gauge("session_next_try_seconds", "Until the next attempt to connect; 0 when none is waited for.")
      .with(seconds(session.next_try));
  page.counter("session_connects_total", "Sessions opened since the daemon started.").with(number(session.connects));
  page.counter("session_swaps_total", "Planned token swaps among them.").with(number(session.swaps));
  page.gauge("swap_pause_seconds", "The last token swap: nothing could be published for this long.");
  if (!session.recent_swaps.empty()) page.with(seconds(session.recent_swaps.back().pause));
  page.gauge("swap_recovery_seconds", "The last token swap that is complete: until every child was back.");
  const auto whole = std::find_if(session.recent_swaps.rbegin(), session.recent_swaps.rend(),
                                  [](const SwapReport& swap) { return swap.full > Duration(0); });
  if (whole != session.recent_swaps.rend()) page.with(seconds(whole->full));
  page.gauge("swap_pause_worst_seconds", "The longest pause of the last 32 token swaps.");
  const auto worst = std::ranges::max_element(session.recent_swaps, {}, &SwapReport::pause);
  if (worst != session.recent_swaps.end()) page.with(seconds(worst->pause));
}

void token(Page& page, const TokenStatus& token) {
  page.gauge("token_expires_seconds", "Until the session's token expires; absent when there is none.");
  if (token.valid_for) page.with(seconds(*token.valid_for));
  page.gauge("token_renews_seconds", "Until the planned swap to a fresh token; absent when none is planned.");
  if (token.renew_in) page.with(seconds(*token.renew_in));
  page.counter("token_failures_total", "Tokens that the key holder (the TPM) could not sign, since the daemon started.")
      .with(number(token.failures));
}

void spool(Page& page, const Status& status) {
  const SpoolUsage& spool = status.spool;
  page.gauge("spool_bytes", "What waits in the spool, quarantine included.").with(number(spool.bytes));
  page.gauge("spool_limit_bytes", "The most that the spool may hold (spool.max_bytes).").with(number(spool.max_bytes));
  page.gauge("spool_disk_free_bytes", "Free space of the spool's file system.").with(number(spool.disk_free));
  page.gauge("spool_ok", "0 while the spool cannot take every message.").with(number(spool.state == SpoolState::ok));
  page.gauge("spool_state", "Always 1; the spool's state is in the label.").with(1, {{"state", word(spool.state)}});
  page.gauge("spool_messages", "Messages in the spool, over all devices.")
      .with(number(spool.total.pending), {{"place", "pending"}})
      .with(number(spool.total.quarantined), {{"place", "quarantine"}});
  page.counter("messages_refused_total", "Messages not accepted since the daemon started; their children were told.")
      .with(number(status.refused));
  page.counter("messages_direct_total",
               "Delivered without touching the disk since the daemon started; in no device's numbers.")
      .with(number(status.direct));
  page.gauge("publishes_in_flight", "Publishes that await their PUBACK.").with(number(status.in_flight));
  page.gauge("publishes_window", "How many publishes may await their PUBACK at present.").with(number(status.window));
}

void children(Page& page, const Status& status) {
  // Those of docs/status.md, so that a state without children is 0 and not absent.
  std::map<std::string, std::uint64_t> states{
      {"detached", 0}, {"attaching", 0}, {"attached", 0}, {"subscribed", 0}, {"held-off", 0}};
  for (const ChildStatus& child : status.children) ++states[child.state];
  page.gauge("children", "Configured devices by attach state; subscribed is the good one.");
  for (const auto& [state, count] : states) page.with(number(count), {{"state", state}});
}

struct OfDevice {
  MetricType type;
  const char* name;
  const char* help;
  std::uint64_t (*value)(const Device&);
};
constexpr OfDevice of_device[] = {
    {MetricType::Gauge, "device_attached", "1 while the device is attached; _other: how many are.",
     [](const Device& d) { return d.attached; }},
    {MetricType::Gauge, "device_held_off", "1 while the cloud refuses the device; _other: how many.",
     [](const Device& d) { return d.held_off; }},
    {MetricType::Gauge, "device_connections", "Local connections that speak for the device.",
     [](const Device& d) { return d.connections; }},
    {MetricType::Counter, "messages_stored_total", "Messages put into the spool.",
     [](const Device& d) { return d.ledger.stored; }},
    {MetricType::Counter, "messages_delivered_total", "Stored messages that the cloud acknowledged.",
     [](const Device& d) { return d.ledger.delivered; }},
    {MetricType::Counter, "messages_expired_total", "Stored messages given up: older than spool.max_age.",
     [](const Device& d) { return d.ledger.expired; }},
    {MetricType::Counter, "messages_dropped_total", "Stored messages given up to make room.",
     [](const Device& d) { return d.ledger.dropped; }},
    {MetricType::Counter, "messages_discarded_total", "Stored messages deleted by an operator.",
     [](const Device& d) { return d.ledger.discarded; }},
    {MetricType::Gauge, "messages_pending", "Stored messages that wait for delivery.",
     [](const Device& d) { return d.ledger.pending; }},
    {MetricType::Gauge, "messages_quarantined", "Stored messages that wait for an operator.",
     [](const Device& d) { return d.ledger.quarantined; }},
};

}  // namespace

std::string numbers(const Status& status, std::size_t most_devices) {
  Page page;
  about(page, status);
  session(page, status);
  token(page, status.token);
  spool(page, status);
  children(page, status);
  const auto devices = devices_of(status, most_devices);
  for (const OfDevice& one : of_device) {
    page.family(one.type, one.name, one.help);
    for (const Device& device : devices) page.with(number(one.value(device)), {{"device", device.name}});
  }
  return page.text();
}

}  // namespace vouchgate::metrics
