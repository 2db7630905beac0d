// The product's behaviour: joins the machines (session, attach, token, dialect) with the contracts (spool, transport,
// signing, children). Loop thread only. Never blocks, does I/O, or names an adapter.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "vouchgate/base/backoff.hpp"
#include "vouchgate/contract/children.hpp"
#include "vouchgate/contract/clock.hpp"
#include "vouchgate/contract/signer.hpp"
#include "vouchgate/contract/spool.hpp"
#include "vouchgate/contract/status.hpp"
#include "vouchgate/contract/transport.hpp"
#include "vouchgate/dialect/dialect.hpp"
#include "vouchgate/model/settings.hpp"

namespace vouchgate::gateway {

// What the gateway works with. All of it outlives the gateway.
struct Parts {
  Clock& clock;
  Timers& timers;
  TimeJudge& time;
  Spool& spool;
  Transport& transport;
  SigningService& signing;
  const dialect::Dialect& dialect;
  Random random;
  std::function<bool(const DeviceSettings&, std::uint32_t uid)> may_speak;  // local users that may be this device
  std::function<std::string(const DeviceSettings&)> read_token_file;        // auth token: the child's JWT, "" = none
  std::string version;
};

class Gateway : public Children, public Operations {
 public:
  // Learns what is pending, then starts the session; `started` says that children may be let in; it
  // never comes after stop().
  virtual void start(std::function<void(Result<void>)> started) = 0;
  // Drains, disconnects, waits for appends under way; then `stopped`. Nothing may be offered after this call.
  virtual void stop(std::function<void()> stopped) = 0;
  // Other values of the keys that config::adopt() takes over while running. The session and the spool are not touched:
  // devices that came are attached at once, those that went are detached and their messages stay on the disk; limits
  // hold from now on, token settings and endpoints from the next token and CONNECT. Error: invalid, and nothing
  // changed.
  virtual Result<void> reload(Settings settings) = 0;
  // A new configuration was refused: status() says so until reload() succeeds.
  virtual void reload_failed(const std::string& reason) = 0;
};

// settings are values that the config room has checked. Error: invalid.
Result<std::unique_ptr<Gateway>> make(Settings settings, Parts parts);

}  // namespace vouchgate::gateway
