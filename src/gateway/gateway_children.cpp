// The gateway's local side: who may speak, what is taken, what is answered. Never touches the session.
#include "gateway_impl.hpp"
#include "vouchgate/base/log.hpp"

namespace vouchgate::gateway {
namespace {

// What a message costs against spool.max_bytes besides its own bytes (docs/decisions/0004-spool-layout.md).
constexpr std::uint64_t record_cost = 64;

}  // namespace

Result<Welcome> GatewayImpl::hello(const Hello& hello, ChildPort& port) {
  const auto found = devices_.find(hello.device);
  if (found == devices_.end())
    return fail(Code::not_found, "device", hello.device.str(), "not configured on this gateway",
                "add it to devices: in vouchgate.yaml");
  if (!parts_.may_speak(found->second, hello.peer_uid))
    return fail(Code::denied, "device", hello.device.str(),
                "user " + std::to_string(hello.peer_uid) + " may not speak for it",
                "see devices[].users in vouchgate.yaml");
  const bool first = listeners_.count(hello.device) == 0;
  listeners_.hello(hello, port);
  if (first) attachments_.need(hello.device, [this](const DeviceId& device) { return urgent(device); });
  return Welcome{attachments_.is_open(hello.device)};
}

void GatewayImpl::offered(Offer&& offer) {
  if (devices_.find(offer.message.device) == devices_.end())
    return refuse(offer, Error{Code::not_found, "device", offer.message.device.str(), "not configured on this gateway",
                               "add it to devices: in vouchgate.yaml"});
  const std::size_t most = max_payload(offer.message.kind);
  if (offer.message.payload.size() > most)
    return refuse(offer,
                  Error{Code::too_large, "payload", offer.message.device.str(),
                        std::to_string(offer.message.payload.size()) + " bytes; at most " + std::to_string(most), ""});
  const bool may_fly = listeners_.prefers_direct(offer) && !appending_.contains(offer.message.device);
  if (may_fly && direct_.take(offer)) return;
  direct_.write(offer.message.device);
  // Kept until the disk has it, then it goes straight to the window without being read back.
  auto kept = std::make_shared<Offer>(std::move(offer));
  append(kept->message, [this, kept](const Result<Seq>& seq) { stored(kept, seq); });
}

void GatewayImpl::append(Message message, Spool::Stored stored) {
  const DeviceId device = message.device;
  ++appending_[device];
  auto answer = [this, alive = alive_, device, stored = std::move(stored)](const Result<Seq>& seq) {
    if (!*alive) return;
    if (const auto left = appending_.find(device); --left->second == 0) appending_.erase(left);
    if (!seq && seq.error().code != Code::full && seq.error().code != Code::busy) {
      log::emit(events::Id::spool_failed, {{"reason", seq.error().line()}});
      // A commit that failed half-way may be on the disk all the same. Then it is pending there, and somebody must
      // look.
      pump_.look_again(device);
    }
    stored(seq);
    finish_if_stopped();
  };
  parts_.spool.append(std::move(message), std::move(answer));
}

void GatewayImpl::stored(const std::shared_ptr<Offer>& offer, const Result<Seq>& seq) {
  if (!seq) return refuse(*offer, seq.error());
  say_stored(*offer, *seq);
  attachments_.need(offer->message.device, [this](const DeviceId& device) { return urgent(device); });
  pump_.stored(Record{*seq, std::move(offer->message), parts_.clock.wall()});
}

// For the rates of the status.
void GatewayImpl::taken(const Message& message) {
  bytes_taken_ += record_cost + message.payload.size() + message.subfolder.str().size();
}

void GatewayImpl::say_stored(const Offer& offer, Seq seq) {
  taken(offer.message);
  if (ChildPort* port = listeners_.port(offer.connection))
    port->stored(offer.connection, offer.message.device, offer.id, seq);
  listeners_.await_delivery(seq, offer);
}

Direct::Hooks GatewayImpl::direct_hooks() {
  return {.append = [this](Message message, Spool::Stored stored) { append(std::move(message), std::move(stored)); },
          .stored = [this](const Offer& offer, Seq seq) { say_stored(offer, seq); },
          .delivered =
              [this](const Offer& offer) {
                taken(offer.message);
                if (ChildPort* port = listeners_.port(offer.connection))
                  port->delivered(offer.connection, offer.message.device, offer.id, 0);
              },
          .refused = [this](const Offer& offer, const Error& error) { refuse(offer, error); }};
}

void GatewayImpl::refuse(const Offer& offer, const Error& error) {
  ++refused_;
  log::emit(events::Id::child_refused, {{"device", offer.message.device.str()}, {"reason", error.line()}});
  if (ChildPort* port = listeners_.port(offer.connection))
    port->refused(offer.connection, offer.message.device, offer.id, error);
}

bool GatewayImpl::urgent(const DeviceId& device) const {
  return listeners_.count(device) > 0 || !pump_.is_idle(device);
}

std::string GatewayImpl::authorization(const DeviceId& device) const {
  const DeviceSettings& settings = devices_.at(device);
  if (settings.auth != "token") return {};
  if (const std::string& brought = listeners_.authorization(device); !brought.empty()) return brought;
  return parts_.read_token_file(settings);
}

}  // namespace vouchgate::gateway
