// Prometheus numbers and a status page on one HTTP port (docs/metrics.md). Reads the status when asked, changes
// nothing, keeps no counter of its own. Loop thread only.
#pragma once

#include <functional>
#include <memory>

#include "vouchgate/base/result.hpp"
#include "vouchgate/contract/clock.hpp"
#include "vouchgate/contract/status.hpp"
#include "vouchgate/metrics/recent_events.hpp"
#include "vouchgate/model/settings.hpp"

namespace boost::asio {
class io_context;
}

namespace vouchgate::metrics {

// What the numbers are made of. All of it outlives the server.
struct Sources {
  const Clock& clock;
  Timers& timers;
  std::function<Status()> status;
  std::function<std::string(const Status&)> json;  // one line, the form of docs/status.md
  const RecentEvents& recent;
};

class Server {
 public:
  virtual ~Server() = default;                // closes every connection
  virtual std::uint16_t port() const = 0;     // where it listens
  virtual std::size_t listeners() const = 0;  // of /events
};

// Errors: invalid (settings.listen is no address), busy (the port is taken), denied, unavailable (no such address
// here). An address that is not loopback is taken, with the event metrics_exposed.
Result<std::unique_ptr<Server>> serve(boost::asio::io_context& loop, const MetricsSettings& settings, Sources sources);

}  // namespace vouchgate::metrics
