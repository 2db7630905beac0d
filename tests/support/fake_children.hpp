// A gateway for tests of local protocols: stores at once or when told. Never talks to a cloud.
#pragma once

#include <deque>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "vouchgate/contract/children.hpp"

namespace vouchgate::testing {

class FakeChildren : public Children {
 public:
  Result<Welcome> hello(const Hello& hello, ChildPort& port) override {
    hellos.push_back(hello);
    port_ = &port;
    if (strangers.contains(hello.device.str()))
      return fail(Code::not_found, "device", hello.device.str(), "is not configured", "add it to devices:");
    if (!config_at_hello.empty()) port.config(hello.connection, hello.device, config_at_hello);
    return Welcome{attached};
  }
  void offered(Offer&& offer) override {
    offers.push_back(std::move(offer));
    if (answer_at_once) answer_one();
  }
  void gone(ConnectionId connection) override { left.push_back(connection); }

  void answer_one() {
    const Offer& offer = offers[answered++];
    const auto& device = offer.message.device;
    if (offer.message.payload == "refuse me")
      port_->refused(offer.connection, device, offer.id, Error{Code::full, "spool", "", "is full", "wait"});
    else
      port_->stored(offer.connection, device, offer.id, answered);
    if (deliver) port_->delivered(offer.connection, device, offer.id, answered);
  }
  void answer_all() {
    while (answered < offers.size()) answer_one();
  }
  ChildPort& port() { return *port_; }

  bool attached = true, answer_at_once = true, deliver = false;
  std::string config_at_hello;
  std::set<std::string> strangers;
  std::vector<Hello> hellos;
  std::deque<Offer> offers;
  std::size_t answered = 0;
  std::vector<ConnectionId> left;

 private:
  ChildPort* port_ = nullptr;
};

}  // namespace vouchgate::testing
