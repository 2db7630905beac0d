// The mosquitto.conf of the bench cloud, as text. Never writes it anywhere.
#pragma once

#include <string>

#include "certificate.hpp"
#include "options.hpp"
#include "registry.hpp"

namespace vouchgate::emulator {

struct BrokerPlan {
  Options options;  // with the real port and plugin
  ServerFiles files;
  Admin admin;  // generated; empty name = the registry has its own
  bool as_root = false;
};

std::string broker_config(const BrokerPlan& plan);
// mqtts://host:port as a client would write it: localhost for a loopback or wildcard address.
std::string client_url(const Options& options);

}  // namespace vouchgate::emulator
