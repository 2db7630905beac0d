// Facts of the way to an endpoint: name, TCP, certificate. Sends no byte of MQTT; never closes a running session.
#pragma once

#include "network_checks.hpp"
#include "vouchgate/model/settings.hpp"

namespace vouchgate::cli::check {

// The endpoints of a configuration without mistakes.
std::vector<Endpoint> endpoints_of(const CloudSettings& settings);

// Each blocks for the resolver's time, and for at most `patience` an endpoint besides.
std::vector<Resolved> resolve(const std::vector<Endpoint>& endpoints);
std::vector<Reached> reach(const std::vector<Endpoint>& endpoints, Duration patience);
std::vector<Greeted> greet(const std::vector<Endpoint>& endpoints, const TlsSettings& settings, Duration patience);

}  // namespace vouchgate::cli::check
