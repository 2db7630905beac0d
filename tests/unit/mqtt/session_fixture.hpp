// A transport on a loop of the test's own, and everything it reported. Never waits without a deadline.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "mosquitto.hpp"
#include "scripted_broker.hpp"
#include "vouchgate/base/asio.hpp"
#include "vouchgate/mqtt/paho_transport.hpp"

namespace vouchgate::mqtt {

struct Failed {
  ConnectFailure failure;
  std::string reason;
};

struct Recorder : TransportEvents {
  int connected = 0, closed = 0, ack_calls = 0, foreign_thread = 0, acks_while_down = 0;
  bool up = false;
  std::string close_reason;
  std::vector<Failed> failures;
  std::vector<std::uint64_t> acked;
  std::vector<std::pair<std::uint64_t, std::vector<int>>> subscribed;
  std::vector<Inbound> messages;
  std::thread::id loop = std::this_thread::get_id();

  void seen() { foreign_thread += std::this_thread::get_id() != loop; }
  void on_connected() override { seen(), ++connected, up = true; }
  void on_connect_failed(ConnectFailure failure, const std::string& reason) override {
    seen();
    failures.push_back({failure, reason});
  }
  void on_closed(const std::string& reason) override { seen(), ++closed, up = false, close_reason = reason; }
  void on_acked(const std::vector<std::uint64_t>& ids) override {
    seen();
    ++ack_calls;
    if (!up) ++acks_while_down;
    acked.insert(acked.end(), ids.begin(), ids.end());
  }
  void on_subscribed(std::uint64_t id, const std::vector<int>& granted) override {
    seen();
    subscribed.emplace_back(id, granted);
  }
  void on_messages(std::vector<Inbound> arrived) override {
    seen();
    for (auto& message : arrived) messages.push_back(std::move(message));
  }
};

class Session : public ::testing::Test {
 protected:
  explicit Session(std::uint32_t window = 256)
      : transport(
            make_paho_transport([this](std::function<void()> job) { asio::post(loop, std::move(job)); }, window)) {
    transport->set_events(&seen);
  }
  ~Session() override { EXPECT_EQ(seen.foreign_thread, 0) << "an event came on another thread than the loop's"; }

  // Runs the loop until `done` or the deadline; true if `done`.
  template <class Done>
  bool until(Done done, Duration deadline = std::chrono::seconds(15)) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!done() && std::chrono::steady_clock::now() < end) {
      loop.run_one_for(std::chrono::milliseconds(100));
    }
    return done();
  }

  ConnectRequest request(std::uint16_t port) const {
    ConnectRequest wanted;
    wanted.endpoint = {"localhost", port};
    wanted.client_id = "gateway";
    wanted.username = "unused";
    wanted.password = "token";
    wanted.keepalive = std::chrono::seconds(60);
    wanted.timeout = std::chrono::seconds(10);
    wanted.ca_file = test::certificates().ca();
    return wanted;
  }
  bool connect(std::uint16_t port) {
    transport->connect(request(port));
    return until([this, before = seen.connected] { return seen.connected > before || !seen.failures.empty(); }) &&
           seen.failures.empty();
  }
  // The one failure of this connect.
  Failed failure(const ConnectRequest& wanted) {
    const auto before = seen.failures.size();
    transport->connect(wanted);
    if (!until([&] { return seen.failures.size() > before || seen.up; }) || seen.up)
      return {ConnectFailure::local, "(no failure came)"};
    return seen.failures.back();
  }
  bool disconnect() {
    transport->disconnect();
    return until([this] { return !seen.up; });
  }

  Recorder seen;
  asio::io_context loop;
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(loop);
  std::unique_ptr<Transport> transport;  // dies before the loop it posts to
};

}  // namespace vouchgate::mqtt
