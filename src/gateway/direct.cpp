// The few milliseconds in which a message is nowhere but in memory and on the wire, unacknowledged to its child.
#include "direct.hpp"

#include <algorithm>

namespace vouchgate::gateway {
namespace {

constexpr std::size_t most_bytes = 4 * 1024 * 1024;  // beyond it the disk is the place to wait

}  // namespace

Direct::~Direct() {
  *alive_ = false;
  timers_.cancel(timer_);
}

bool Direct::take(Offer& offer) {
  if (write_after_.count() == 0 || bytes_ + offer.message.payload.size() > most_bytes) return false;
  const std::uint64_t id = pump_.publish_direct(offer.message);
  if (id == 0) return false;
  bytes_ += offer.message.payload.size();
  ++of_device_[offer.message.device];
  flights_.emplace(id, Flight{std::move(offer), clock_.monotonic() + write_after_, State::flying, false, {}});
  watch();
  return true;
}

void Direct::watch() {
  if (timer_ != 0) return;
  for (const auto& [id, flight] : flights_) {
    if (flight.state != State::flying) continue;
    const auto left = std::chrono::ceil<Duration>(flight.write_at - clock_.monotonic());
    timer_ = timers_.after(std::max(left, Duration(0)), [this] {
      timer_ = 0;
      write_late();
      watch();
    });
    return;
  }
}

void Direct::write_late() {
  const auto now = clock_.monotonic();
  std::vector<DeviceId> late;
  for (const auto& [id, flight] : flights_) {
    if (flight.write_at > now) break;
    if (flight.state == State::flying) late.push_back(flight.offer.message.device);
  }
  for (const DeviceId& device : late) write(device);
}

void Direct::write(const DeviceId& device) {
  if (!of_device_.contains(device)) return;
  const auto waits = [&](const Flight& flight) {
    return flight.state == State::flying && flight.offer.message.device == device;
  };
  for (const std::uint64_t id : ids(waits)) write(id);
}

void Direct::lost(const DeviceId& device) {
  if (of_device_.contains(device)) lose([&](const Flight& flight) { return flight.offer.message.device == device; });
}

void Direct::lost_all() {
  lose([](const Flight&) { return true; });
}

template <class Which>
std::vector<std::uint64_t> Direct::ids(const Which& which) const {
  std::vector<std::uint64_t> found;
  for (const auto& [id, flight] : flights_)
    if (which(flight)) found.push_back(id);
  return found;
}

template <class Which>
void Direct::lose(const Which& which) {
  for (const std::uint64_t id : ids(which)) {
    if (flights_.at(id).state == State::flying) write(id);
    if (flights_.at(id).state != State::refused) continue;
    const Flight flight = finish(id);
    hooks_.refused(flight.offer, flight.error);
  }
}

void Direct::write(std::uint64_t id) {
  Flight& flight = flights_.at(id);
  flight.state = State::storing;
  Message message = flight.offer.message;
  hooks_.append(std::move(message), [this, alive = alive_, id](const Result<Seq>& seq) {
    if (*alive) stored(id, seq);
  });
}

void Direct::stored(std::uint64_t id, const Result<Seq>& seq) {
  Flight& flight = flights_.at(id);
  if (!seq && !flight.delivered && pump_.is_in_flight(id)) {  // its PUBACK may yet come; until then nothing is said
    flight.state = State::refused;
    flight.error = seq.error();
    return;
  }
  const Flight done = finish(id);
  if (done.delivered) {
    if (seq)
      pump_.forget(done.offer.message.device, *seq);
    else
      ++count_;
  } else if (!seq) {
    hooks_.refused(done.offer, seq.error());
  } else {
    hooks_.stored(done.offer, *seq);
    if (!pump_.adopt(id, *seq)) pump_.found_on_disk(done.offer.message.device);
  }
}

void Direct::delivered(std::uint64_t id) {
  const auto found = flights_.find(id);
  if (found == flights_.end()) return;
  const bool storing = found->second.state == State::storing;
  if (storing) found->second.delivered = true;
  const Offer offer = storing ? found->second.offer : finish(id).offer;
  if (!storing) ++count_;
  hooks_.delivered(offer);
}

Direct::Flight Direct::finish(std::uint64_t id) {
  Flight flight = std::move(flights_.extract(id).mapped());
  bytes_ -= flight.offer.message.payload.size();
  const auto device = of_device_.find(flight.offer.message.device);
  if (--device->second == 0) of_device_.erase(device);
  return flight;
}

}  // namespace vouchgate::gateway
