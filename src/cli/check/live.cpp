// The control socket, and the spool's lock for a daemon that does not answer there.
#include "live.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "../control_client.hpp"

namespace vouchgate::cli::check {
namespace {

using nlohmann::json;

constexpr auto patience = std::chrono::seconds(5);
constexpr auto between_looks = std::chrono::seconds(2);

const json& part(const json& object, const char* key) {
  static const json nothing = json::object();
  const auto found = object.find(key);
  return found != object.end() && found->is_object() ? *found : nothing;
}
std::string text(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}
std::uint64_t number(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<std::uint64_t>() : 0;
}

// The daemon keeps an exclusive lock for as long as it lives. The shared one taken here is gone at once; a daemon that
// starts in this very moment is started again by its service manager.
bool spool_is_locked(const std::string& directory) {
  const int file = ::open((directory + "/lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool locked = ::flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(file);
  return locked;
}

Result<json> status_of(ControlClient& client) {
  const auto answer = client.ask(R"({"op":"status"})", patience);
  if (!answer) return fail(answer.error());
  auto parsed = json::parse(*answer, nullptr, false);
  if (!parsed.is_object()) return fail(Code::internal, "control", "", "the daemon's answer is not JSON");
  return parsed;
}

}  // namespace

const char* word(Daemon::Is is) {
  switch (is) {
    case Daemon::Is::stopped: return "stopped";
    case Daemon::Is::running: return "running";
    case Daemon::Is::mute: return "mute";
  }
  return "";
}

Live live_of(const json& status) {
  Live out;
  const json& session = part(status, "session");
  out.state = text(session, "state");
  out.endpoint = text(session, "endpoint");
  out.problem = text(session, "problem");
  out.since = Duration(number(session, "since_ms"));
  out.next_try = Duration(number(session, "next_try_ms"));
  out.connects = number(session, "connects");
  const json& token = part(status, "token");
  out.algorithm = text(token, "algorithm");
  out.holder = text(token, "holder");
  out.where = text(token, "where");
  if (const auto valid = token.find("valid_for_ms"); valid != token.end() && valid->is_number())
    out.valid_for = Duration(valid->get<Duration::rep>());
  out.confidence = text(part(status, "time"), "confidence");
  out.time_reason = text(part(status, "time"), "reason");
  const json& spool = part(status, "spool");
  out.spool_state = text(spool, "state");
  out.spool_reason = text(spool, "reason");
  out.spool_bytes = number(spool, "bytes");
  out.disk_free = number(spool, "disk_free");
  const json& total = part(spool, "total");
  out.stored = number(total, "stored");
  out.pending = number(total, "pending");
  out.quarantined = number(total, "quarantined");
  for (const char* account : {"delivered", "pending", "expired", "dropped", "discarded", "quarantined"})
    out.accounted += number(total, account);
  return out;
}

Daemon find_daemon(const Settings& settings) {
  Daemon out;
  auto client = ControlClient::connect(settings.control.path);
  if (!client) {
    out.problem = client.error();
    if (spool_is_locked(settings.spool.path) || client.error().code != Code::unavailable) out.is = Daemon::Is::mute;
    return out;
  }
  const auto first = status_of(*client);
  // Listening keeps the wait bounded and ends it when the daemon goes.
  if (first) static_cast<void>(client->receive(std::chrono::steady_clock::now() + between_looks));
  const auto second = first ? status_of(*client) : Result<json>(fail(first.error()));
  if (!second) {
    out.is = Daemon::Is::mute;
    out.problem = second.error();
    return out;
  }
  out.is = Daemon::Is::running;
  out.live = live_of(*second);
  const std::uint64_t before = live_of(*first).stored;
  if (out.live->stored > before)
    out.rate = static_cast<double>(out.live->stored - before) / static_cast<double>(between_looks.count());
  return out;
}

}  // namespace vouchgate::cli::check
