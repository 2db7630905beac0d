// What the daemon says of itself: one snapshot for the control socket, STATUS= and `vouchgate status`. Values only.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "vouchgate/base/log.hpp"
#include "vouchgate/base/result.hpp"
#include "vouchgate/contract/spool.hpp"

namespace vouchgate {

struct SwapReport {
  Duration pause{};             // from holding traffic on the old session to the first open queue on the new one
  Duration full{};              // ... until every child that was open is open again or held off; 0 while it is not
  std::uint32_t in_flight = 0;  // publishes without PUBACK when the old session ended
};

struct SessionStatus {
  std::string state;     // word of session::State: "connected", "backing-off" ...
  std::string endpoint;  // host:port, empty when none
  std::string problem;   // last failure as one line, empty when healthy
  Duration since{};      // how long in this state
  Duration next_try{};   // backing-off only
  std::uint64_t connects = 0;
  std::uint64_t swaps = 0;               // planned token swaps done
  std::vector<SwapReport> recent_swaps;  // newest last, at most 32
  std::string tls;                       // of the open session, "TLSv1.3"; empty when there is none or it is unknown
  std::optional<std::chrono::microseconds> round_trip;  // see gateway/round_trip.hpp; none when nothing was sent lately
};

// Messages counted from when the daemon started.
struct TrafficCounts {
  std::uint64_t in = 0, out = 0;  // accepted, delivered; what never touched the disk is in both
  std::uint64_t refused = 0;
  std::uint64_t bytes = 0;  // of spool that what came in took, or would have taken
};
struct TrafficStatus {
  TrafficCounts since_start;
  TrafficCounts lately;                  // in the last `lately_for`
  Duration lately_for{};                 // some ten seconds; 0: too early to tell
  std::vector<TrafficCounts> last_hour;  // oldest first, each `step` long, the newest still under way
  Duration step{};
  std::optional<Duration> autonomy;  // until the spool were full without a link, at the last hour's rate; none: idle
};
struct TokenStatus {
  std::string algorithm, holder, where;
  std::optional<Duration> valid_for, renew_in;
  std::uint64_t failures = 0;  // tokens that could not be signed, since start
};
struct ChildStatus {
  std::string device;
  std::string state;   // word of attach::State
  std::string reason;  // held-off only
  Duration next_try{};
  std::uint64_t connections = 0;  // local ones
  Ledger ledger;
};
struct Status {
  std::string version, gateway;
  Duration uptime{};
  bool time_trusted = false;  // a token may be minted
  TimeReport time;
  std::string reload_problem;  // why the last reload was refused, empty when it was not
  SessionStatus session;
  TokenStatus token;
  std::vector<ChildStatus> children;
  SpoolUsage spool;
  std::uint64_t in_flight = 0, window = 0;  // publishes without PUBACK, and how many there may be now
  std::uint64_t refused = 0;
  TrafficStatus traffic;
  std::vector<log::Fault> faults;  // newest last
  std::uint64_t direct = 0;        // delivered without ever touching the disk: children with ack: delivered
};

// What an operator may ask of the running gateway.
class Operations {
 public:
  virtual ~Operations() = default;
  virtual Status status() const = 0;
  virtual Result<void> attach(const std::string& device) = 0;  // now, instead of after its backoff
  virtual Result<void> detach(const std::string& device) = 0;  // until attach() or a restart
  virtual Result<void> renew_token() = 0;                      // a planned swap, now; busy when one is under way
  // As Spool's; a message that is retried goes out without a restart.
  virtual void spool_list(Seq after, std::size_t most, std::function<void(Result<std::vector<Quarantined>>)> done) = 0;
  virtual void spool_retry(Seq seq, std::function<void(Result<void>)> done) = 0;
  virtual void spool_discard(Seq seq, std::function<void(Result<void>)> done) = 0;
  virtual void spool_audit(std::function<void(Result<std::vector<AuditLine>>)> done) = 0;
};

}  // namespace vouchgate
