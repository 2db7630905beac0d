// The mosquitto plugin: the broker's callbacks in, the cloud's effects out. Never decides; never lets an exception into
// the broker. Everything runs on the broker's one thread; kicks happen in the tick, outside any client's own callback.
#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string>

#include "cloud.hpp"
#include "line_writer.hpp"

namespace {

using namespace vouchgate;
using namespace vouchgate::emulator;

struct Plugin {
  mosquitto_plugin_id_t* id = nullptr;
  std::string registry_file, listening;
  std::unique_ptr<Cloud> cloud;
  LineWriter lines{STDOUT_FILENO};

  // Messages and lines at once; kicks wait for the tick.
  std::vector<std::string> apply() {
    Effects effects = cloud->take();
    for (const std::string& line : effects.lines) lines.add(line);
    for (const Outgoing& message : effects.messages)
      mosquitto_broker_publish_copy(message.client_id.empty() ? nullptr : message.client_id.c_str(),
                                    message.topic.c_str(), static_cast<int>(message.payload.size()),
                                    message.payload.data(), message.qos, false, nullptr);
    return std::move(effects.kicks);
  }
};

Moment now() { return std::chrono::system_clock::now(); }
Connection connection_of(const mosquitto* client) { return reinterpret_cast<Connection>(client); }
std::string text_or_empty(const char* text) { return text == nullptr ? std::string() : std::string(text); }

// Any code but MOSQ_ERR_ACL_DENIED makes the broker end the connection without answering the packet.
int code_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::accept: return MOSQ_ERR_SUCCESS;
    case Verdict::deny: return MOSQ_ERR_ACL_DENIED;
    case Verdict::close: return MOSQ_ERR_UNKNOWN;
  }
  return MOSQ_ERR_UNKNOWN;
}

// MQTT 3.1.1 has no reasons; these are the broker's own numbers (mosquitto.h, MQTT 5.0 section 2.4).
const char* reason_text(int reason) {
  switch (reason) {
    case MOSQ_ERR_SUCCESS: return "disconnected by the client";
    case MOSQ_ERR_KEEPALIVE: return "no packet within the keep-alive time";
    case MOSQ_ERR_QOS_NOT_SUPPORTED: return "published with QoS 2";
    case MOSQ_ERR_PROTOCOL:
    case MOSQ_ERR_MALFORMED_PACKET: return "broke the MQTT protocol";
    default: return "connection lost or replaced";
  }
}

int on_connect(Plugin& plugin, mosquitto_evt_basic_auth& event) {
  ConnectRequest request;
  request.connection = connection_of(event.client);
  request.client_id = text_or_empty(mosquitto_client_id(event.client));
  request.username = text_or_empty(event.username);
  request.password = text_or_empty(event.password);
  request.protocol_level = mosquitto_client_protocol_version(event.client);
  request.clean_session = mosquitto_client_clean_session(event.client);
  const Verdict verdict = plugin.cloud->connect(request, now());
  plugin.apply();
  return verdict == Verdict::accept ? MOSQ_ERR_SUCCESS : MOSQ_ERR_AUTH;
}

int on_access(Plugin& plugin, mosquitto_evt_acl_check& event) {
  const Connection connection = connection_of(event.client);
  if (event.access == MOSQ_ACL_READ) return code_of(plugin.cloud->deliver(connection, event.topic));
  Verdict verdict = Verdict::accept;
  if (event.access == MOSQ_ACL_UNSUBSCRIBE) plugin.cloud->unsubscribe(connection, event.topic);
  if (event.access == MOSQ_ACL_SUBSCRIBE) verdict = plugin.cloud->subscribe(connection, event.topic, event.qos, now());
  if (event.access == MOSQ_ACL_WRITE) {
    const std::string_view payload(static_cast<const char*>(event.payload), event.payloadlen);
    verdict = plugin.cloud->publish(connection, {event.topic, payload, event.qos, event.retain}, now());
  }
  plugin.apply();
  return code_of(verdict);
}

int on_disconnect(Plugin& plugin, mosquitto_evt_disconnect& event) {
  plugin.cloud->disconnect(connection_of(event.client), reason_text(event.reason), now());
  plugin.apply();
  return MOSQ_ERR_SUCCESS;
}

int on_tick(Plugin& plugin, mosquitto_evt_tick&) {
  if (!plugin.listening.empty()) {  // the first tick comes after the listener is open
    plugin.lines.add(plugin.listening);
    plugin.listening.clear();
  }
  plugin.cloud->tick(now());
  for (const std::string& client_id : plugin.apply()) mosquitto_kick_client_by_clientid(client_id.c_str(), false);
  plugin.lines.flush();
  return MOSQ_ERR_SUCCESS;
}

void log_mistakes(const RegistryReading& reading) {
  for (const Error& mistake : reading.mistakes) mosquitto_log_printf(MOSQ_LOG_ERR, "%s", mistake.line().c_str());
}

int on_reload(Plugin& plugin, mosquitto_evt_reload&) {
  RegistryReading reading = load_registry(plugin.registry_file);
  log_mistakes(reading);
  if (reading.registry) plugin.cloud->reload(std::move(*reading.registry), now());
  plugin.apply();
  return MOSQ_ERR_SUCCESS;
}

template <class Event, int (*handle)(Plugin&, Event&)>
int guarded(int, void* event, void* plugin) {
  try {
    return handle(*static_cast<Plugin*>(plugin), *static_cast<Event*>(event));
  } catch (const std::exception& error) {
    mosquitto_log_printf(MOSQ_LOG_ERR, "vouchgate-emulator: %s", error.what());
    return MOSQ_ERR_UNKNOWN;
  }
}

struct Hook {
  int event;
  MOSQ_FUNC_generic_callback function;
};
constexpr std::array hooks{Hook{MOSQ_EVT_BASIC_AUTH, guarded<mosquitto_evt_basic_auth, on_connect>},
                           Hook{MOSQ_EVT_ACL_CHECK, guarded<mosquitto_evt_acl_check, on_access>},
                           Hook{MOSQ_EVT_DISCONNECT, guarded<mosquitto_evt_disconnect, on_disconnect>},
                           Hook{MOSQ_EVT_TICK, guarded<mosquitto_evt_tick, on_tick>},
                           Hook{MOSQ_EVT_RELOAD, guarded<mosquitto_evt_reload, on_reload>}};

std::string option(const mosquitto_opt* options, int count, std::string_view key) {
  for (int i = 0; i < count; ++i)
    if (options[i].key == key) return text_or_empty(options[i].value);
  return {};
}

int start(mosquitto_plugin_id_t* id, void** user_data, const mosquitto_opt* options, int count) {
  auto plugin = std::make_unique<Plugin>();
  plugin->id = id;
  plugin->registry_file = option(options, count, "registry");
  RegistryReading reading = load_registry(plugin->registry_file);
  log_mistakes(reading);
  if (!reading.registry) return MOSQ_ERR_INVAL;
  const Admin generated{option(options, count, "admin_username"), option(options, count, "admin_password")};
  if (!reading.registry->admin && !generated.username.empty()) reading.registry->admin = generated;
  plugin->listening = report("listening",
                             {{"url", option(options, count, "url")},
                              {"ca_file", option(options, count, "ca_file")},
                              {"admin_username", generated.username},
                              {"admin_password", generated.password}},
                             now());
  plugin->cloud =
      std::make_unique<Cloud>(std::move(*reading.registry), !option(options, count, "quiet_telemetry").empty());
  for (const Hook& hook : hooks)
    if (mosquitto_callback_register(id, hook.event, hook.function, nullptr, plugin.get()) != MOSQ_ERR_SUCCESS)
      return MOSQ_ERR_UNKNOWN;
  *user_data = plugin.release();
  return MOSQ_ERR_SUCCESS;
}

}  // namespace

extern "C" {

int mosquitto_plugin_version(int count, const int* versions) {
  const int* end = versions + count;
  return std::find(versions, end, MOSQ_PLUGIN_VERSION) == end ? -1 : MOSQ_PLUGIN_VERSION;
}

int mosquitto_plugin_init(mosquitto_plugin_id_t* id, void** user_data, mosquitto_opt* options, int count) {
  try {
    return start(id, user_data, options, count);
  } catch (const std::exception& error) {
    mosquitto_log_printf(MOSQ_LOG_ERR, "vouchgate-emulator: %s", error.what());
    return MOSQ_ERR_UNKNOWN;
  }
}

int mosquitto_plugin_cleanup(void* user_data, mosquitto_opt*, int) {
  const std::unique_ptr<Plugin> plugin(static_cast<Plugin*>(user_data));
  if (!plugin) return MOSQ_ERR_SUCCESS;
  for (const Hook& hook : hooks) mosquitto_callback_unregister(plugin->id, hook.event, hook.function, nullptr);
  plugin->cloud->finish(now());
  plugin->apply();
  plugin->lines.flush();
  return MOSQ_ERR_SUCCESS;
}

}  // extern "C"
