// Remembers local speakers; forgets a connection wholly when it is gone.
#include "listeners.hpp"

#include <algorithm>

namespace vouchgate::gateway {

void Listeners::hello(const Hello& hello, ChildPort& port) {
  ports_[hello.connection] = &port;
  auto& speakers = speakers_[hello.device];
  const auto same = std::ranges::find(speakers, hello.connection, &Speaker::connection);
  if (same != speakers.end())
    same->ack = hello.ack;
  else
    speakers.push_back({hello.connection, hello.ack});
  if (!hello.authorization.empty()) authorizations_[hello.device] = hello.authorization;
  if (const auto found = configs_.find(hello.device); found != configs_.end())
    port.config(hello.connection, hello.device, found->second);
}

void Listeners::gone(ConnectionId connection) {
  ports_.erase(connection);
  for (auto& [device, speakers] : speakers_)
    std::erase_if(speakers, [&](const Speaker& speaker) { return speaker.connection == connection; });
  std::erase_if(waiting_, [&](const auto& entry) { return entry.second.connection == connection; });
}

std::size_t Listeners::count(const DeviceId& device) const {
  const auto found = speakers_.find(device);
  return found == speakers_.end() ? 0 : found->second.size();
}

ChildPort* Listeners::port(ConnectionId connection) const {
  const auto found = ports_.find(connection);
  return found == ports_.end() ? nullptr : found->second;
}

const Listeners::Speaker* Listeners::speaker(const Offer& offer) const {
  const auto found = speakers_.find(offer.message.device);
  if (found == speakers_.end()) return nullptr;
  const auto speaker = std::ranges::find(found->second, offer.connection, &Speaker::connection);
  return speaker == found->second.end() ? nullptr : &*speaker;
}

bool Listeners::prefers_direct(const Offer& offer) const {
  const Speaker* who = speaker(offer);
  return who != nullptr && who->ack == Ack::delivered;
}

void Listeners::await_delivery(Seq seq, const Offer& offer) {
  const Speaker* who = speaker(offer);
  if (who == nullptr || who->ack == Ack::stored) return;
  if (waiting_.size() >= most_waiting) waiting_.erase(waiting_.begin());
  waiting_.emplace(seq, Waiting{offer.connection, offer.message.device, offer.id});
}

void Listeners::delivered(const std::vector<Seq>& seqs) {
  if (waiting_.empty()) return;
  for (const Seq seq : seqs) {
    auto found = waiting_.extract(seq);
    if (found.empty()) continue;
    const Waiting& waiting = found.mapped();
    if (ChildPort* to = port(waiting.connection)) to->delivered(waiting.connection, waiting.device, waiting.id, seq);
  }
}

// Over a copy: a port may close its connection, and so change the list, while it is being told.
template <class Call>
void Listeners::each(const DeviceId& device, const Call& call) {
  const auto found = speakers_.find(device);
  if (found == speakers_.end()) return;
  const std::vector<Speaker> speakers = found->second;
  for (const Speaker& speaker : speakers)
    if (ChildPort* to = port(speaker.connection)) call(*to, speaker.connection);
}

void Listeners::config(const DeviceId& device, const std::string& payload) {
  auto& last = configs_[device];
  if (last == payload && !payload.empty()) return;  // the cloud repeats it at every subscribe
  last = payload;
  each(device, [&](ChildPort& to, ConnectionId connection) { to.config(connection, device, payload); });
}

void Listeners::command(const DeviceId& device, const std::string& subfolder, const std::string& payload) {
  each(device, [&](ChildPort& to, ConnectionId connection) { to.command(connection, device, subfolder, payload); });
}

void Listeners::attachment(const DeviceId& device, bool attached, const std::string& reason) {
  each(device, [&](ChildPort& to, ConnectionId connection) { to.attachment(connection, device, attached, reason); });
}

const std::string& Listeners::authorization(const DeviceId& device) const {
  static const std::string none;
  const auto found = authorizations_.find(device);
  return found == authorizations_.end() ? none : found->second;
}

}  // namespace vouchgate::gateway
