// Drives the session machine: mints tokens, connects the transport, keeps its one timer, says what happened.
// Never decides; the machine does.
#pragma once

#include <deque>
#include <functional>
#include <optional>

#include "vouchgate/contract/signer.hpp"
#include "vouchgate/contract/status.hpp"
#include "vouchgate/contract/transport.hpp"
#include "vouchgate/dialect/dialect.hpp"
#include "vouchgate/model/settings.hpp"
#include "vouchgate/session/machine.hpp"

namespace vouchgate::gateway {

class SessionDriver {
 public:
  struct Hooks {
    std::function<void()> open_traffic, hold_traffic, close_traffic, stopped;
  };
  SessionDriver(const Settings& settings, std::vector<Endpoint> endpoints, Algorithm algorithm, Random random,
                Clock& clock, Timers& timers, Transport& transport, SigningService& signing,
                const dialect::Dialect& dialect, Hooks hooks);
  ~SessionDriver();
  SessionDriver(const SessionDriver&) = delete;
  SessionDriver& operator=(const SessionDriver&) = delete;

  void feed(const session::Event& event);
  // The settings it was made with have new values; `endpoints` are theirs. Used from the next token and CONNECT on.
  void reconfigure(std::vector<Endpoint> endpoints);
  const session::Machine& machine() const { return machine_; }
  SessionStatus status() const;  // swaps and pauses are the gateway's to add
  std::optional<Duration> token_valid_for() const;
  std::uint64_t token_failures() const { return token_failures_; }
  const std::string& endpoint_text() const { return endpoint_text_; }

 private:
  void perform(const session::Action& action);
  void mint();
  void minted(const std::string& signing_input, Monotonic expires, Result<Bytes> signature);
  void connect(std::size_t endpoint);
  void arm(Duration delay);
  void report(const session::Report& report);

  const Settings& settings_;
  TokenSettings token_settings_;
  std::vector<Endpoint> endpoints_;
  Algorithm algorithm_;
  Clock& clock_;
  Timers& timers_;
  Transport& transport_;
  SigningService& signing_;
  const dialect::Dialect& dialect_;
  Hooks hooks_;
  session::Machine machine_;
  std::deque<session::Event> events_;  // what performing an action brought on
  bool feeding_ = false;
  TimerId timer_ = 0, mint_timer_ = 0;
  std::uint64_t mints_ = 0;
  std::string token_;  // for the next CONNECT; gone once it is used
  std::string endpoint_text_, problem_;
  session::State last_state_ = session::State::stopped;
  Monotonic since_;
  std::uint64_t connects_ = 0, token_failures_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace vouchgate::gateway
