// Performs what the attach machines decide.
#include "attachments.hpp"

#include <algorithm>

#include "overloaded.hpp"
#include "vouchgate/base/log.hpp"
#include "vouchgate/base/spell.hpp"

namespace vouchgate::gateway {
namespace {

attach::Settings machine_settings(const AttachSettings& settings) {
  attach::Settings out;
  out.ack_timeout = settings.ack_timeout;
  out.settle = settings.settle;
  out.retry_base = settings.retry.base;
  out.retry_cap = settings.retry.cap;
  return out;
}

constexpr int refused_code = 0x80;  // MQTT 3.1.1 section 3.9.3

}  // namespace

Attachments::Attachments(const AttachSettings& settings, Random random, Clock& clock, Timers& timers,
                         Transport& transport, const dialect::Dialect& dialect, Pump& pump, Hooks hooks)
    : settings_(settings),
      random_(std::move(random)),
      clock_(clock),
      timers_(timers),
      transport_(transport),
      dialect_(dialect),
      pump_(pump),
      hooks_(std::move(hooks)) {}

Attachments::~Attachments() {
  for (auto& [device, child] : children_) timers_.cancel(child->timer);
}

void Attachments::add(const DeviceId& device) {
  const auto [place, is_new] = children_.try_emplace(device);
  if (is_new) place->second = std::make_unique<Child>(device, machine_settings(settings_), random_);
  Child& child = *place->second;
  if (std::exchange(child.removed, false)) feed(child, attach::Wanted{true});
}

void Attachments::remove(const DeviceId& device) {
  Child& child = *children_.at(device);
  child.removed = true;
  child.waits = false;
  feed(child, attach::Wanted{false});
  if (child.admitted) dismiss(child);
}

void Attachments::reconfigure(const Urgent& urgent) {
  for (auto& [device, child] : children_) child->machine.reconfigure(machine_settings(settings_));
  while (up_ && admitted_ > settings_.max_attached) {
    Child* leaver = find_leaver(urgent);
    if (leaver == nullptr) return;  // all are busy: the next session begins within the limit
    release(*leaver);
  }
}

void Attachments::admit_all() {
  if (!up_) return;
  for (auto& [device, child] : children_) {
    if (admitted_ >= settings_.max_attached) break;
    if (child->admitted || !child->machine.wanted()) continue;
    settled_ = false;
    admit(*child);
  }
  check_settled();
}

void Attachments::admit(Child& child) {
  child.admitted = true;
  child.waits = false;
  ++admitted_;
  feed(child, attach::SessionUp{});
}

void Attachments::session_up(const Urgent& urgent) {
  up_ = true;
  settled_ = true;  // nothing can be said before the last one is admitted
  admitted_ = 0;
  for (auto& [device, child] : children_) child->admitted = false;
  for (const bool first_round : {true, false})
    for (auto& [device, child] : children_)
      if (!child->admitted && child->machine.wanted() && admitted_ < settings_.max_attached &&
          (child->waits || urgent(device)) == first_round)
        admit(*child);
  settled_ = false;
  check_settled();
}

void Attachments::session_lost() {
  up_ = false;
  waiting_.clear();
  for (auto& [device, child] : children_)
    if (child->admitted) feed(*child, attach::SessionDown{});
}

void Attachments::need(const DeviceId& device, const Urgent& urgent) {
  Child& child = *children_.at(device);
  if (child.admitted) return;
  child.waits = true;
  if (up_) find_place(child, urgent);
}

void Attachments::find_places(const Urgent& urgent) {
  if (!up_ || admitted_ == children_.size()) return;
  for (auto& [device, child] : children_)
    if (child->waits && !find_place(*child, urgent)) return;
}

bool Attachments::find_place(Child& child, const Urgent& urgent) {
  const auto& machine = child.machine;
  if (!machine.wanted()) return true;
  if (machine.state() == attach::State::held_off && clock_.monotonic() < machine.due()) return true;
  if (admitted_ >= settings_.max_attached) {
    Child* leaver = find_leaver(urgent);
    if (leaver == nullptr) return false;
    release(*leaver);
  }
  admit(child);
  return true;
}

// An idle child goes before one that is held off: that one takes its pause along and waits for a place again.
Attachments::Child* Attachments::find_leaver(const Urgent& urgent) {
  Child* held_off = nullptr;
  for (auto& [device, child] : children_) {
    if (!child->admitted) continue;
    const auto state = child->machine.state();
    if (state == attach::State::detached || (state == attach::State::subscribed && !urgent(device))) return child.get();
    if (state == attach::State::held_off) held_off = child.get();
  }
  return held_off;
}

void Attachments::release(Child& leaver) {
  leaver.waits = leaver.machine.state() == attach::State::held_off;
  if (leaver.machine.state() == attach::State::subscribed) {
    feed(leaver, attach::Wanted{false});
    dismiss(leaver);
    feed(leaver, attach::Wanted{true});
  } else {
    dismiss(leaver);
  }
}

void Attachments::dismiss(Child& child) {
  feed(child, attach::SessionDown{});
  child.admitted = false;
  --admitted_;
}

void Attachments::acked(std::uint64_t id) {
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) return;
  const Waiting waiting = found->second;
  waiting_.erase(found);
  if (waiting.what == What::attach) feed(*waiting.child, attach::AttachAcked{});
}

void Attachments::subscribed(std::uint64_t id, const std::vector<int>& granted) {
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) return;
  const Waiting waiting = found->second;
  waiting_.erase(found);
  const bool all = std::ranges::none_of(granted, [](int code) { return code >= refused_code || code < 0; });
  feed(*waiting.child, attach::Subscribed{all});
}

void Attachments::refused(const DeviceId& device, const std::string& reason, bool detached) {
  feed(*children_.at(device), attach::Refused{reason, detached});
}

void Attachments::want(const DeviceId& device, bool wanted) { feed(*children_.at(device), attach::Wanted{wanted}); }

bool Attachments::is_open(const DeviceId& device) const {
  return children_.at(device)->machine.state() == attach::State::subscribed;
}

Attachments::Counts Attachments::counts() const {
  Counts counts;
  for (const auto& [device, child] : children_) {
    if (child->removed) continue;
    ++counts.total;
    counts.subscribed += child->machine.state() == attach::State::subscribed ? 1 : 0;
    counts.held_off += child->machine.state() == attach::State::held_off ? 1 : 0;
  }
  return counts;
}

void Attachments::feed(Child& child, const attach::Event& event) {
  for (const attach::Action& action : child.machine.on(event, clock_.monotonic())) perform(child, action);
  check_settled();
}

void Attachments::arm(Child& child, Duration delay) {
  timers_.cancel(child.timer);
  child.timer = timers_.after(delay, [this, &child] {
    child.timer = 0;
    feed(child, attach::TimerFired{});
  });
}

void Attachments::perform(Child& child, const attach::Action& action) {
  const auto turn = [&](const attach::Event& event) {
    pump_.request_turn([this, &child, event] { feed(child, event); });
  };
  std::visit(Overloaded{
                 [&](const attach::RequestAttach&) { turn(attach::AttachTurn{}); },
                 [&](const attach::RequestSubscribe&) { turn(attach::SubscribeTurn{}); },
                 [&](const attach::SendAttach&) { send(child, What::attach); },
                 [&](const attach::SendSubscribe&) { send(child, What::subscribe); },
                 // Waits for its turn, too: many that leave at once must not exceed the published rate.
                 [&](const attach::SendDetach&) { pump_.request_turn([this, &child] { send(child, What::detach); }); },
                 [&](const attach::Arm& arming) { arm(child, arming.delay); },
                 [&](const attach::Disarm&) {
                   timers_.cancel(child.timer);
                   child.timer = 0;
                 },
                 [&](const attach::OpenQueue&) {
                   log::emit(events::Id::child_attached, {{"device", child.device.str()}});
                   pump_.open(child.device);
                   hooks_.changed(child.device, true, "");
                 },
                 [&](const attach::CloseQueue&) { pump_.close(child.device); },
                 [&](const attach::HeldOff& held) {
                   log::emit(
                       events::Id::child_held_off,
                       {{"device", child.device.str()}, {"reason", held.reason}, {"delay", spell(held.next_try)}});
                   hooks_.changed(child.device, false, held.reason);
                 },
             },
             action);
}

void Attachments::send(Child& child, What what) {
  const std::uint64_t id = next_id_++;
  waiting_.emplace(id, Waiting{&child, what});
  // A publish that is not accepted means that the session is ending: session_lost() is on its way.
  switch (what) {
    case What::attach:
      transport_.publish(id, dialect_.attach_topic(child.device),
                         dialect_.attach_payload(hooks_.authorization(child.device)));
      break;
    case What::detach: transport_.publish(id, dialect_.detach_topic(child.device), dialect_.detach_payload()); break;
    case What::subscribe: transport_.subscribe(id, dialect_.child_filters(child.device)); break;
  }
}

void Attachments::check_settled() {
  if (!up_ || settled_) return;
  for (const auto& [device, child] : children_) {
    const auto state = child->machine.state();
    if (child->admitted && (state == attach::State::attaching || state == attach::State::attached)) return;
  }
  settled_ = true;
  hooks_.all_settled();
}

}  // namespace vouchgate::gateway
