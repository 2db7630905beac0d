// dns.resolves, endpoint.tcp, tls.chain, cloud.connect. Pure: facts in, findings out.
#pragma once

#include <string>
#include <vector>

#include "finding.hpp"
#include "live.hpp"
#include "vouchgate/contract/transport.hpp"
#include "vouchgate/provision/server.hpp"

namespace vouchgate::cli::check {

// Each fact is of one endpoint of cloud.endpoints; one that works is enough for the daemon, so others are warnings.
struct Resolved {
  Endpoint endpoint;
  std::vector<std::string> addresses;
  std::string complaint;  // empty: it resolves
};
Finding judge_dns(const std::vector<Resolved>& facts);

struct Reached {
  Endpoint endpoint;
  std::string address, complaint;  // complaint empty: connected
  Duration took{};
};
Finding judge_tcp(const std::vector<Reached>& facts);

struct Greeted {
  Endpoint endpoint;
  Result<provision::ServerCertificate> server;
};
Finding judge_tls(const std::vector<Greeted>& facts, WallTime now);

struct Trial {
  Endpoint endpoint;
  bool accepted = false;
  ConnectFailure failure = ConnectFailure::network;
  std::string reason;
  Duration took{};
};
Finding judge_connect(const Result<std::vector<Trial>>& facts);
Finding judge_live_session(const Live& live);

}  // namespace vouchgate::cli::check
