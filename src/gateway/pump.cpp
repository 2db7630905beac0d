// Round robin over the open children, one message a turn, within the window and the pace.
#include "pump.hpp"

#include <algorithm>

namespace vouchgate::gateway {
namespace {

// Memory that queues may hold; beyond it records wait on disk and are read one at a time.
constexpr std::size_t most_bytes_all = 16 * 1024 * 1024;
constexpr std::size_t most_bytes_child = 512 * 1024;
constexpr std::size_t most_records_child = 512;
constexpr std::size_t read_records = 256;
constexpr std::size_t read_bytes = 256 * 1024;
constexpr std::size_t low_water = 64;

std::chrono::nanoseconds interval_of(std::uint32_t per_second) {
  return per_second == 0 ? std::chrono::nanoseconds(0) : std::chrono::nanoseconds(std::chrono::seconds(1)) / per_second;
}
// A tenth of a second's worth may go at once, so that any second stays close to the published limit.
Pacer pace_of(const LimitSettings& limits) {
  return Pacer(interval_of(limits.messages_per_second), std::max(1u, limits.messages_per_second / 10));
}
Pacer byte_pace_of(const LimitSettings& limits) {
  return Pacer::of_bytes(limits.bytes_per_second, std::chrono::milliseconds(100));
}
Duration round_up(std::chrono::nanoseconds wait) { return std::chrono::ceil<Duration>(wait); }

}  // namespace

Pump::Pump(const Settings& settings, Clock& clock, Timers& timers, Spool& spool, Transport& transport,
           const dialect::Dialect& dialect, Hooks hooks)
    : settings_(settings.cloud),
      spool_settings_(settings.spool),
      clock_(clock),
      timers_(timers),
      spool_(spool),
      transport_(transport),
      dialect_(dialect),
      hooks_(std::move(hooks)),
      limits_(settings_.limits),
      pace_(pace_of(limits_)),
      byte_pace_(byte_pace_of(limits_)),
      size_(limits_.window),
      poison_(settings.spool.poison_after) {}

Pump::~Pump() {
  *alive_ = false;
  timers_.cancel(timer_);
  timers_.cancel(settling_timer_);
  for (auto& [device, child] : children_) timers_.cancel(child->timer);
}

// A limit that did not change keeps its account of what was sent.
void Pump::reconfigure() {
  const LimitSettings before = std::exchange(limits_, settings_.limits);
  if (limits_.messages_per_second != before.messages_per_second) pace_ = pace_of(limits_);
  if (limits_.bytes_per_second != before.bytes_per_second) byte_pace_ = byte_pace_of(limits_);
  timers_.cancel(std::exchange(timer_, 0));
  size_.limit(limits_.window);
  if (limits_.state_interval != before.state_interval) {
    for (auto& [device, child] : children_) {
      child->state_pace = Pacer(limits_.state_interval);
      timers_.cancel(std::exchange(child->timer, 0));
      if (child->is_open) enter_ring(*child);
    }
  }
  run();
}

void Pump::add(const DeviceId& device) {
  if (children_.contains(device)) return;
  const unsigned live_share = spool_settings_.drain == "live-first" ? spool_settings_.live_share : 0;
  children_.emplace(device, std::make_unique<Child>(device, limits_.state_interval, live_share));
}

void Pump::found_on_disk(const DeviceId& device) {
  Child& child = *children_.at(device);
  child.queue.found_on_disk();
  if (child.is_open) enter_ring(child);
}

void Pump::look_again(const DeviceId& device) { children_.at(device)->queue.look_again(); }

bool Pump::has_room(const Child& child) const {
  return bytes_ < most_bytes_all && child.queue.bytes() < most_bytes_child && child.queue.ready() < most_records_child;
}

void Pump::stored(Record record) {
  Child& child = *children_.at(record.message.device);
  const std::size_t before = child.queue.bytes();
  child.queue.stored(std::move(record), has_room(child));
  bytes_ += child.queue.bytes() - before;
  if (!child.is_open) return;
  enter_ring(child);
  run();
}

void Pump::open(const DeviceId& device) {
  Child& child = *children_.at(device);
  child.is_open = true;
  enter_ring(child);
  run();
}

void Pump::close(const DeviceId& device) {
  Child& child = *children_.at(device);
  child.is_open = false;
  bytes_ -= child.queue.bytes();
  child.queue.release();
}

void Pump::request_turn(std::function<void()> turn) {
  turns_.push_back(std::move(turn));
  run();
}

void Pump::start() {
  traffic_ = Traffic::open;
  run();
}

void Pump::poke() {
  for (auto& [device, child] : children_)
    if (child->is_open && child->queue.wants_read()) enter_ring(*child);
  run();
}

void Pump::enter_ring(Child& child) {
  if (child.in_ring || child.timer != 0) return;
  child.in_ring = true;
  ring_.push_back(&child);
}

void Pump::run() {
  if (running_) return;  // a turn or a hook led back here; the outer call goes on
  running_ = true;
  while (traffic_ == Traffic::open && step()) {}
  running_ = false;
}

std::chrono::nanoseconds Pump::pace(Monotonic now) const { return std::max(pace_.wait(now), byte_pace_.wait(now)); }

bool Pump::wait_for_pace() {
  const auto wait = pace(clock_.monotonic());
  if (wait.count() <= 0) return false;
  if (timer_ == 0)
    timer_ = timers_.after(round_up(wait), [this] {
      timer_ = 0;
      run();
    });
  return true;
}

bool Pump::step() {
  if (!turns_.empty()) {
    if (wait_for_pace()) return false;
    const auto turn = std::move(turns_.front());
    turns_.pop_front();
    pace_.take(clock_.monotonic());
    turn();
    return true;
  }
  if (ring_.empty() || alone_ || window_.size() >= size_.size()) return false;
  Child& child = *ring_.front();
  if (child.is_open && child.queue.head() != nullptr) return publish_head(child);
  ring_.pop_front();
  child.in_ring = false;
  if (child.is_open) read_more(child);
  return true;
}

void Pump::Child::state_arrived(Monotonic now, Duration interval) {
  state_in_flight = false;
  state_pace = Pacer(interval);
  state_pace.take(now);
}

bool Pump::state_must_wait(Child& child) {
  if (child.state_in_flight) return true;
  const auto wait = child.state_pace.wait(clock_.monotonic());
  if (wait.count() <= 0) return false;
  child.timer = timers_.after(round_up(wait), [this, &child] {
    child.timer = 0;
    enter_ring(child);
    run();
  });
  return true;
}

// Publishes the head of the ring's first child and sends that child to the end of the ring.
bool Pump::publish_head(Child& child) {
  const Record& head = *child.queue.head();
  if (head.message.kind == Kind::state && state_must_wait(child)) {
    ring_.pop_front();
    child.in_ring = false;
    return true;
  }
  if (wait_for_pace()) return false;
  const bool suspect = poison_.must_go_alone(head.seq);
  if (suspect && !window_.empty()) return false;  // goes on with the next PUBACK
  alone_ = suspect;
  Record record = child.queue.take();
  bytes_ -= record.message.payload.size();
  if (!send(child, record.seq, record.seq, std::move(record.message))) return false;
  ring_.pop_front();
  ring_.push_back(&child);
  if (child.queue.ready() < low_water) read_more(child);
  return true;
}

bool Pump::send(Child& child, std::uint64_t id, Seq seq, Message message) {
  const auto now = clock_.monotonic();
  const std::string topic = dialect_.topic(child.device, message.kind, message.subfolder);
  const bool is_state = message.kind == Kind::state;
  window_.emplace(id, Sent{&child, now, seq, is_state});
  oldest_.emplace_back(id, now);
  pace_.take(now);
  byte_pace_.take(now, message.payload.size());
  child.state_in_flight |= is_state && limits_.state_interval.count() > 0;
  if (transport_.publish(id, topic, std::move(message.payload))) return true;
  // The session is ending; its on_closed() is on the way and session_lost() takes the record back from disk.
  traffic_ = Traffic::closed;
  return false;
}

std::uint64_t Pump::publish_direct(const Message& message) {
  Child& child = *children_.at(message.device);
  const auto now = clock_.monotonic();
  const bool early = child.state_in_flight || child.state_pace.wait(now).count() > 0;
  const bool paced = pace(now).count() > 0 || (message.kind == Kind::state && early);
  if (traffic_ != Traffic::open || !child.is_open || !child.queue.idle() || paced || alone_ || !ring_.empty() ||
      !turns_.empty() || window_.size() >= size_.size())
    return 0;
  const std::uint64_t id = next_direct_++;
  if (send(child, id, 0, message)) return id;
  window_.erase(id);
  return 0;
}

bool Pump::adopt(std::uint64_t id, Seq seq) {
  if (const auto found = window_.find(id); found != window_.end()) {
    found->second.seq = seq;
    found->second.child->queue.adopt(seq);
    return true;
  }
  const auto settling = std::ranges::find(settling_, id, &Settling::id);
  if (settling == settling_.end()) return false;
  settling->sent.seq = seq;
  settling->sent.child->queue.adopt(seq);
  settling->sent.child->queue.acked(seq);
  return true;
}

bool Pump::is_in_flight(std::uint64_t id) const {
  return window_.contains(id) || std::ranges::find(settling_, id, &Settling::id) != settling_.end();
}

void Pump::forget(const DeviceId& device, Seq seq) {
  children_.at(device)->queue.withdrawn(seq);
  spool_.forget({seq});
}

void Pump::read_more(Child& child) {
  if (!child.queue.wants_read()) return;
  const Seq cursor = *child.queue.begin_read();
  // Over the limit one record at a time, so that every child still makes progress.
  const std::size_t most = bytes_ < most_bytes_all ? read_records : 1;
  const auto answer = [this, &child, cursor, alive = alive_](Result<std::vector<Record>> records) {
    if (!*alive) return;
    if (!records) {
      child.queue.fail_read();
      hooks_.spool_failed(records.error());
      return;
    }
    bytes_ -= child.queue.bytes();
    child.queue.end_read(std::move(*records), cursor);
    bytes_ += child.queue.bytes();
    if (!child.is_open) {
      bytes_ -= child.queue.bytes();
      child.queue.release();
    } else if (child.queue.head() != nullptr || child.queue.wants_read()) {
      enter_ring(child);
      run();
    }
  };
  spool_.read(child.device, cursor, most, read_bytes, answer);
}

}  // namespace vouchgate::gateway
