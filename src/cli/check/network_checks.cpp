// The way to the cloud, step by step.
#include "network_checks.hpp"

#include <algorithm>

#include "vouchgate/base/spell.hpp"

namespace vouchgate::cli::check {
namespace {

// Authorities that renew by themselves do it a month before the end, so at two weeks something has failed.
constexpr auto expires_soon = std::chrono::hours(24 * 14);

// One finding of several endpoints: failed if none works, a warning if one does not.
Finding joined(const std::vector<Finding>& each) {
  const auto bad = static_cast<std::size_t>(
      std::ranges::count_if(each, [](const Finding& one) { return one.verdict == Verdict::failed; }));
  Finding out;
  for (const Finding& one : each) {
    out.what += (out.what.empty() ? "" : "; ") + one.what;
    if (out.hint.empty() || (one.verdict == Verdict::failed && bad == 1)) out.hint = one.hint;
    if (one.verdict == Verdict::warning) out.verdict = Verdict::warning;
  }
  if (bad > 0) out.verdict = bad == each.size() ? Verdict::failed : Verdict::warning;
  return out;
}

template <class Fact, class Judge>
Finding each(const std::vector<Fact>& facts, Judge judge) {
  std::vector<Finding> found;
  for (const Fact& fact : facts) found.push_back(judge(fact));
  return joined(found);
}

std::string days(WallTime from, WallTime to) {
  const auto count = std::chrono::duration_cast<std::chrono::hours>(to - from).count() / 24;
  return std::to_string(count) + (count == 1 ? " day" : " days");
}

std::string names_of(const provision::ServerCertificate& server) {
  constexpr std::size_t most = 4;
  std::string out;
  for (std::size_t i = 0; i < std::min(most, server.names.size()); ++i) out += (i > 0 ? ", " : "") + server.names[i];
  if (server.names.size() > most) out += " ...";
  return out.empty() ? server.subject : out;
}

Finding judge_certificate(const std::string& host, const provision::ServerCertificate& server, WallTime now) {
  if (now < server.not_before)
    return failed(
        host + ": the certificate begins in " + days(now, server.not_before) + ", so this clock is that far off",
        "see 'timedatectl'");
  if (now > server.not_after)
    return failed(host + ": the certificate ended " + days(server.not_after, now) + " ago",
                  "renew it on the broker, or this clock is that far off: see 'timedatectl'");
  if (!server.complaint.empty())
    return failed(
        host + ": the certificate is not trusted: " + server.complaint + " (issuer " + server.issuer + ")",
        "cloud.tls.ca_file must hold the authority that issued it; somebody in between may also show his own");
  if (!server.is_for_host)
    return failed(host + ": the certificate is for " + names_of(server) + ", not for host name " + host,
                  "cloud.endpoints must name the host as the certificate does");
  const std::string what =
      host + ": issuer " + server.issuer + ", ends in " + days(now, server.not_after) + ", " + server.protocol;
  if (server.not_after - now < expires_soon) return warning(what, "it should have been renewed on the broker by now");
  return ok(what);
}

std::string hint_for(ConnectFailure failure) {
  switch (failure) {
    case ConnectFailure::network: return "a firewall may let TCP through and stop what follows; port 443 may work";
    case ConnectFailure::tls: return "see tls.chain";
    case ConnectFailure::identifier:
      return "compare cloud.iot_core (project, region, registry, gateway) with the cloud";
    case ConnectFailure::server: return "the cloud is overloaded or in maintenance; try again later";
    case ConnectFailure::credentials:
      return "does the registry hold this gateway and this key ('vouchgate key export --format pem')? Also compare "
             "cloud.iot_core and token.audience with the cloud, and the clock";
    case ConnectFailure::local: return "see cloud.tls.ca_file";
  }
  return {};
}

}  // namespace

Finding judge_dns(const std::vector<Resolved>& facts) {
  return each(facts, [](const Resolved& fact) {
    if (!fact.complaint.empty())
      return failed(fact.endpoint.host + ": " + fact.complaint,
                    "is the network up? 'resolvectl status' or /etc/resolv.conf names the servers that are asked");
    if (fact.addresses.size() == 1 && fact.addresses.front() == fact.endpoint.host)
      return ok(fact.endpoint.host + " is an address");
    return ok(fact.endpoint.host + " is " + fact.addresses.front() +
              (fact.addresses.size() > 1 ? " and " + std::to_string(fact.addresses.size() - 1) + " more" : ""));
  });
}

Finding judge_tcp(const std::vector<Reached>& facts) {
  return each(facts, [](const Reached& fact) {
    if (!fact.complaint.empty())
      return failed(fact.endpoint.text() + ": " + fact.complaint,
                    "does a firewall let TCP port " + std::to_string(fact.endpoint.port) +
                        " out? cloud.endpoints may list port 443 of the same host as well");
    return ok(fact.endpoint.text() + " answers in " + std::to_string(fact.took.count()) + " ms");
  });
}

Finding judge_tls(const std::vector<Greeted>& facts, WallTime now) {
  return each(facts, [&](const Greeted& fact) {
    if (fact.server) return judge_certificate(fact.endpoint.host, *fact.server, now);
    const Error& error = fact.server.error();
    return failed(fact.endpoint.text() + ": " + error.reason,
                  error.hint.empty() ? "is that a TLS port, and does something in between intercept it?" : error.hint);
  });
}

Finding judge_connect(const Result<std::vector<Trial>>& facts) {
  if (!facts) return failed(facts.error().line(), facts.error().hint);
  return each(*facts, [](const Trial& fact) {
    if (!fact.accepted) return failed(fact.endpoint.text() + ": " + fact.reason, hint_for(fact.failure));
    return ok(fact.endpoint.text() + " accepted a fresh token in " + std::to_string(fact.took.count()) + " ms");
  });
}

Finding judge_live_session(const Live& live) {
  const std::string who = "the running daemon: ";
  if (live.state == "connected") {
    std::string what = who + "connected for " + spell(live.since) + " to " + live.endpoint;
    if (live.valid_for) what += ", token valid for " + spell(*live.valid_for);
    return ok(what + ", " + std::to_string(live.connects) + (live.connects == 1 ? " connect" : " connects"));
  }
  const std::string hint = "'journalctl -x -u vouchgated' explains each line";
  if (live.state == "backing-off") return failed(who + live.problem + ", next try in " + spell(live.next_try), hint);
  if (live.state == "waiting-for-time")
    return failed(who + "waiting for the time: " + live.time_reason, "'timedatectl'");
  return warning(who + live.state + (live.problem.empty() ? "" : ": " + live.problem), "ask again in a minute");
}

}  // namespace vouchgate::cli::check
