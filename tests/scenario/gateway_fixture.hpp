// The whole gateway under a virtual clock, with a scripted cloud, a memory spool and one local child port. Nothing
// moves unless the test says so.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "memory_spool.hpp"
#include "scripted_cloud.hpp"
#include "virtual_time.hpp"
#include "vouchgate/base/log.hpp"
#include "vouchgate/dialect/dialect.hpp"
#include "vouchgate/gateway/gateway.hpp"

namespace vouchgate::scenario {

using namespace std::chrono_literals;

// Believes every time from `earliest` on.
class PlainJudge : public TimeJudge {
 public:
  explicit PlainJudge(const Clock& clock) : clock_(clock) {}
  TimeReport judge() override {
    if (clock_.wall() < earliest) return {TimeConfidence::wrong, "before this build"};
    return {TimeConfidence::synchronised, "the test says so"};
  }
  void confirmed() override { ++confirmations; }
  void on_step(std::function<void()> stepped) override { on_step_ = std::move(stepped); }
  void tell_step() const {
    if (on_step_) on_step_();
  }
  WallTime earliest = support::VirtualTime::start_of_wall - 24h;
  int confirmations = 0;

 private:
  const Clock& clock_;
  std::function<void()> on_step_;
};

// Signs with a number, so that every token is a different one.
class CountingSigner : public SigningService {
 public:
  explicit CountingSigner(Post post) : post_(std::move(post)) {}
  void sign(std::string, Done done) override {
    ++signatures;
    const Bytes signature{static_cast<std::uint8_t>(signatures >> 8), static_cast<std::uint8_t>(signatures)};
    post_([this, done, signature] {
      if (failure)
        done(fail(*failure));
      else
        done(signature);
    });
  }
  std::optional<KeyInfo> info() const override { return std::nullopt; }

  unsigned signatures = 0;
  std::optional<Error> failure;

 private:
  Post post_;
};

// One local connection that notes what it hears.
class RecordingPort : public ChildPort {
 public:
  void stored(ConnectionId, const DeviceId&, const std::string& id, Seq) override { stored_ids.push_back(id); }
  void delivered(ConnectionId, const DeviceId&, const std::string& id, Seq) override { delivered_ids.push_back(id); }
  void refused(ConnectionId, const DeviceId&, const std::string&, const Error& error) override {
    errors.push_back(error);
  }
  void config(ConnectionId, const DeviceId&, const std::string& payload) override { configs.push_back(payload); }
  void command(ConnectionId, const DeviceId&, const std::string& subfolder, const std::string& payload) override {
    commands.push_back(subfolder + ":" + payload);
  }
  void attachment(ConnectionId, const DeviceId& device, bool attached, const std::string& reason) override {
    attachments.push_back(device.str() + (attached ? " attached" : " detached: " + reason));
  }
  std::vector<std::string> stored_ids, delivered_ids, configs, commands, attachments;
  std::vector<Error> errors;
};

class LogRecorder : public log::Sink {
 public:
  void write(const log::Line& line) override {
    if (line.event.level <= events::Level::warning)
      warnings.push_back(line.text);
    else
      others.push_back(line.text);
  }
  std::vector<std::string> warnings, others;
};

inline DeviceId id(const std::string& text) { return *DeviceId::parse(text); }
inline std::string events_topic(const std::string& device) { return "/devices/" + device + "/events"; }

class GatewayScenario : public ::testing::Test {
 protected:
  GatewayScenario();
  ~GatewayScenario() override;

  void start();  // a gateway on the parts as they are, through on_connected and attach if the cloud accepts
  void crash();  // the gateway and what was on its way are gone; spool and cloud stay
  void settle() { loop.run_all(); }
  void advance(Duration by) { time.advance(by); }
  // Until `done`, in steps; false if `most` passes first.
  template <class Done>
  bool advance_until(Done done, Duration most = 300s) {
    for (Duration spent{}; spent < most; spent += 50ms) {
      if (done()) return true;
      advance(50ms);
    }
    return done();
  }

  Result<Welcome> hello(const std::string& device, Ack ack = Ack::stored, ConnectionId connection = 1);
  void greet(const std::string& device, Ack ack = Ack::stored) { ASSERT_TRUE(hello(device, ack)); }
  void offer(const std::string& device, const std::string& payload, Kind kind = Kind::event);
  void offer_many(const std::string& device, int first, int last);  // payloads "first" ... "last"
  std::string child_state(const std::string& device) const;

  Settings settings;
  support::VirtualTime time;
  support::ManualPost loop;
  support::ScriptedCloud cloud{loop.post()};
  CountingSigner signer{loop.post()};
  std::unique_ptr<support::MemorySpool> spool;
  std::unique_ptr<dialect::Dialect> dialect;
  std::unique_ptr<gateway::Gateway> gateway;
  RecordingPort port;
  std::shared_ptr<LogRecorder> logged = std::make_shared<LogRecorder>();
  PlainJudge judge{time};

 private:
  std::shared_ptr<log::Sink> previous_sink_;
};

// "1", "2" ... "n"
std::vector<std::string> numbers(int first, int last);

}  // namespace vouchgate::scenario
