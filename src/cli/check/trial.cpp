// The key, the dialect and the transport of the daemon, with a loop of a few lines in place of its own.
#include "trial.hpp"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "vouchgate/dialect/dialect.hpp"
#include "vouchgate/mqtt/paho_transport.hpp"
#include "vouchgate/provision/export.hpp"
#include "vouchgate/token/token.hpp"

namespace vouchgate::cli::check {
namespace {

using std::chrono::steady_clock;

// What the transport posts, run on the thread that waits. Kept alive by each Post, as one may come late.
class Inbox {
 public:
  void post(std::function<void()> job) {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    news_.notify_one();
  }
  // Runs what comes until `done`; false: the deadline passed before.
  bool run_until(const std::function<bool()>& done, steady_clock::time_point deadline) {
    while (!done()) {
      std::unique_lock lock(mutex_);
      if (!news_.wait_until(lock, deadline, [&] { return !jobs_.empty(); })) return false;
      const auto job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
    }
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable news_;
  std::deque<std::function<void()>> jobs_;
};

class Witness : public TransportEvents {
 public:
  void on_connected() override { connected = true; }
  void on_connect_failed(ConnectFailure kind, const std::string& why) override {
    failure = kind;
    reason = why;
  }
  void on_closed(const std::string&) override { closed = true; }
  void on_acked(const std::vector<std::uint64_t>&) override {}
  void on_subscribed(std::uint64_t, const std::vector<int>&) override {}
  void on_messages(std::vector<Inbound>) override {}

  bool connected = false, closed = false;
  std::optional<ConnectFailure> failure;
  std::string reason;
};

ConnectRequest request_for(const Settings& settings, const Endpoint& endpoint, const dialect::ConnectFields& fields,
                           Duration patience) {
  ConnectRequest out;
  out.endpoint = endpoint;
  out.client_id = fields.client_id;
  out.username = fields.username;
  out.password = fields.password;
  out.keepalive = settings.cloud.keepalive;
  out.timeout = std::min(settings.cloud.connect_timeout, patience);
  out.ca_file = settings.cloud.tls.ca_file;
  out.alpn = settings.cloud.tls.alpn;
  return out;
}

Trial try_one(ConnectRequest request) {
  const auto inbox = std::make_shared<Inbox>();
  Witness witness;
  const auto transport =
      mqtt::make_paho_transport([inbox](std::function<void()> job) { inbox->post(std::move(job)); }, 1);
  transport->set_events(&witness);
  Trial out;
  out.endpoint = request.endpoint;
  const auto begin = steady_clock::now();
  // The transport keeps its own deadline and then looks at the network: a little more than that.
  const auto deadline = begin + request.timeout + std::chrono::seconds(4);
  transport->connect(std::move(request));
  inbox->run_until([&] { return witness.connected || witness.failure; }, deadline);
  out.accepted = witness.connected;
  out.failure = witness.failure.value_or(ConnectFailure::network);
  out.reason = witness.reason.empty() ? "no answer in time" : witness.reason;
  out.took = std::chrono::duration_cast<Duration>(steady_clock::now() - begin);
  if (out.accepted) {
    transport->disconnect();
    inbox->run_until([&] { return witness.closed; }, steady_clock::now() + std::chrono::seconds(3));
  }
  return out;
}

Result<std::string> mint(const Settings& settings, const dialect::Dialect& cloud) {
  TokenSettings wanted = settings.token;
  if (wanted.audience.empty()) wanted.audience = cloud.default_audience();
  const auto signer = keys::open(settings.key);
  if (!signer) return fail(signer.error());
  const auto composed = token::compose(wanted, (*signer)->info().algorithm, std::chrono::system_clock::now());
  if (!composed) return fail(composed.error());
  const auto signature = (*signer)->sign(view(composed->signing_input));
  if (!signature) return fail(signature.error());
  return token::join(composed->signing_input, *signature);
}

}  // namespace

Result<Signature> sign_once(const KeySettings& settings) {
  const auto signer = keys::open(settings);
  if (!signer) return fail(signer.error());
  const KeyInfo& key = (*signer)->info();
  constexpr std::string_view probe = "vouchgate check";
  const auto begin = steady_clock::now();
  const auto signature = (*signer)->sign(view(probe));
  if (!signature) return fail(signature.error());
  const auto good = provision::verify(key, view(probe), *signature);
  if (!good) return fail(good.error());
  const auto took = std::chrono::duration_cast<Duration>(steady_clock::now() - begin);
  return Signature{std::string(word(key.algorithm)), key.holder, key.where, took, *good};
}

Result<std::vector<Trial>> try_connect(const Settings& settings, const std::vector<Endpoint>& endpoints,
                                       Duration patience, const std::function<bool()>& alone) {
  const auto cloud = dialect::make(settings.cloud);
  if (!cloud) return fail(cloud.error());
  const auto token = mint(settings, **cloud);
  if (!token) return fail(token.error());
  const auto fields = (*cloud)->connect_fields(*token);
  std::vector<Trial> out;
  for (const Endpoint& endpoint : endpoints) {
    if (!alone()) return fail(Code::busy, "session", fields.client_id, "the daemon was started meanwhile");
    out.push_back(try_one(request_for(settings, endpoint, fields, patience)));
    if (out.back().accepted) break;
  }
  return out;
}

}  // namespace vouchgate::cli::check
