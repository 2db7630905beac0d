// Writes mosquitto.conf, a reason to each line that is not obvious. Never uses per_listener_settings: the broker would
// not tick plugins then.
#include "broker_config.hpp"

namespace vouchgate::emulator {

std::string client_url(const Options& options) {
  const std::string& host = options.listen;
  const bool local = host == "127.0.0.1" || host == "::1" || host == "0.0.0.0" || host == "::" || host == "localhost";
  const bool six = host.find(':') != std::string::npos;
  return "mqtts://" + (local ? "localhost" : six ? "[" + host + "]" : host) + ":" + std::to_string(options.port);
}

std::string broker_config(const BrokerPlan& plan) {
  const auto line = [](const std::string& key, const std::string& value) { return key + " " + value + "\n"; };
  std::string text;
  if (plan.as_root) text += line("user", "root");  // else it drops to user mosquitto, who cannot read these files
  text += line("allow_anonymous", "false") + line("persistence", "false") + line("sys_interval", "0");
  text += line("log_dest", "stderr") + line("log_type", "error") + line("log_type", "warning");
  text += line("connection_messages", "false");
  text += line("set_tcp_nodelay", "true");
  text += line("max_inflight_messages", "1000") + line("max_queued_messages", "100000");
  text += line("plugin", plan.options.plugin) + line("plugin_opt_registry", plan.options.registry);
  text += line("plugin_opt_url", client_url(plan.options));
  if (!plan.files.ca.empty()) text += line("plugin_opt_ca_file", plan.files.ca);
  if (plan.options.quiet) text += line("plugin_opt_quiet_telemetry", "true");
  if (!plan.admin.username.empty())
    text +=
        line("plugin_opt_admin_username", plan.admin.username) + line("plugin_opt_admin_password", plan.admin.password);
  text += "\nlistener " + std::to_string(plan.options.port) + " " + plan.options.listen + "\n";
  text += line("max_qos", "1");  // a QoS 2 publish ends the connection, a QoS 2 subscription is granted 1
  text += line("certfile", plan.files.certificate) + line("keyfile", plan.files.key);
  if (!plan.options.tls_version.empty()) text += line("tls_version", plan.options.tls_version);
  return text;
}

}  // namespace vouchgate::emulator
