// Sends and counts. Never takes "stored" for "delivered".
#include "send_command.hpp"

#include <istream>
#include <nlohmann/json.hpp>
#include <ostream>

#include "vouchgate/base/bytes.hpp"
#include "vouchgate/base/json_text.hpp"
#include "vouchgate/base/spell.hpp"

namespace vouchgate::cli {
namespace {

using nlohmann::json;
using std::chrono::steady_clock;
constexpr std::uint64_t window = 500;

std::string request(const SendOptions& options, std::uint64_t number, std::string_view payload) {
  return JsonLine("send")
      .text("device", options.device)
      .text("kind", options.state ? "state" : "event")
      .text_if_any("subfolder", options.subfolder)
      .text("data_b64", base64(view(payload)))
      .text("id", std::to_string(number))
      .str();
}

std::string op_of(const std::string& line) {
  const json answer = json::parse(line, nullptr, false);
  return answer.is_object() ? answer.value("op", "") : std::string();
}

Error waited_in_vain(const SendOptions& options, bool stored) {
  const std::string within = "within " + spell(options.timeout);
  if (!stored) return {Code::timeout, "send", options.device, "not stored " + within, ""};
  return {Code::timeout, "send", options.device, "stored, but not delivered " + within,
          "it is safe in the spool and goes out by itself; 'vouchgate status' says what the cloud link does"};
}

class Stream {
 public:
  Stream(ControlClient& daemon, const SendOptions& options) : daemon_(daemon), options_(options) {}

  Result<void> run(std::istream& in) {
    auto next = steady_clock::now();
    for (std::string line; std::getline(in, line);) {
      if (auto room = pump_until([&] { return open() < window; }); !room) return room;
      if (options_.rate > 0) {
        if (auto paced = pump_until_time(next); !paced) return paced;
        next += std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 / options_.rate));
      }
      if (auto sent = daemon_.send(request(options_, ++sent_, line)); !sent) return sent;
      if (auto drained = pump_until_time(steady_clock::now()); !drained) return drained;
    }
    return pump_until([&] { return open() == 0; });
  }

  std::string summary() const {
    if (options_.json)
      return nlohmann::ordered_json{
          {"sent", sent_}, {"stored", stored_}, {"delivered", delivered_}, {"refused", refused_}}
          .dump();
    return "sent " + std::to_string(sent_) + " · stored " + std::to_string(stored_) + " · delivered " +
           std::to_string(delivered_) + " · refused " + std::to_string(refused_);
  }
  bool refused_any() const { return refused_ > 0; }
  const Error& first_refusal() const { return first_refusal_; }

 private:
  // Messages whose fate is not known yet.
  std::uint64_t open() const { return sent_ - refused_ - (options_.until_delivered ? delivered_ : stored_); }

  void count(const std::string& line) {
    if (auto error = error_of(line)) {
      if (refused_++ == 0) first_refusal_ = std::move(*error);
      return;
    }
    const std::string op = op_of(line);
    stored_ += op == "stored" ? 1 : 0;
    delivered_ += op == "delivered" ? 1 : 0;
  }

  template <class Done>
  Result<void> pump_until(Done done) {
    while (!done()) {
      auto line = daemon_.receive(steady_clock::now() + options_.timeout);
      if (!line) return fail(std::move(line.error()));
      if (!*line) return fail(waited_in_vain(options_, stored_ + refused_ == sent_));
      count(**line);
    }
    return {};
  }

  Result<void> pump_until_time(steady_clock::time_point time) {
    while (true) {
      auto line = daemon_.receive(time);
      if (!line) return fail(std::move(line.error()));
      if (!*line) return {};
      count(**line);
    }
  }

  ControlClient& daemon_;
  const SendOptions& options_;
  std::uint64_t sent_ = 0, stored_ = 0, delivered_ = 0, refused_ = 0;
  Error first_refusal_;
};

}  // namespace

Result<void> send_one(ControlClient& daemon, const SendOptions& options, std::string_view payload, std::ostream& out) {
  if (auto sent = daemon.send(request(options, 1, payload)); !sent) return sent;
  const auto deadline = steady_clock::now() + options.timeout;
  bool stored = false;
  while (true) {
    auto line = daemon.receive(deadline);
    if (!line) return fail(std::move(line.error()));
    if (!*line) return fail(waited_in_vain(options, stored));
    if (auto error = error_of(**line)) return fail(std::move(*error));
    const std::string op = op_of(**line);
    if (op != "stored" && op != "delivered") continue;
    stored = true;
    const json answer = json::parse(**line, nullptr, false);
    out << (options.json ? **line : op + " " + std::to_string(answer.value("seq", std::uint64_t{0}))) << std::endl;
    if (op == "delivered" || !options.until_delivered) return {};
  }
}

Result<void> send_lines(ControlClient& daemon, const SendOptions& options, std::istream& in, std::ostream& out) {
  Stream stream(daemon, options);
  auto done = stream.run(in);
  out << stream.summary() << std::endl;
  if (done && stream.refused_any()) return fail(stream.first_refusal());
  return done;
}

}  // namespace vouchgate::cli
