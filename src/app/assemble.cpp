// The composition root: the one file that knows every concrete part. Joins them and runs the loop; decides nothing.
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "loop_time.hpp"
#include "reload.hpp"
#include "vouchgate/app/daemon.hpp"
#include "vouchgate/base/asio.hpp"
#include "vouchgate/base/log.hpp"
#include "vouchgate/base/spell.hpp"
#include "vouchgate/control/control.hpp"
#include "vouchgate/dialect/dialect.hpp"
#include "vouchgate/gateway/gateway.hpp"
#include "vouchgate/ingress/unix_ingress.hpp"
#include "vouchgate/keys/keys.hpp"
#include "vouchgate/metrics/server.hpp"
#include "vouchgate/mqtt/paho_transport.hpp"
#include "vouchgate/service/service.hpp"
#include "vouchgate/spool/open.hpp"
#include "vouchgate/timekeeper/timekeeper.hpp"

namespace vouchgate::app {
namespace {

// A job of the key or the disk thread that takes longer than this means that the thread hangs, not that it is slow: the
// slowest known chip signs in 0.7 s, the slowest known flash syncs in seconds.
constexpr Duration longest_key_job = std::chrono::seconds(60);
constexpr Duration longest_disk_job = std::chrono::seconds(60);
constexpr Duration status_every = std::chrono::seconds(1);
constexpr Duration metrics_again = std::chrono::minutes(1);
constexpr Duration chip_clock_every = std::chrono::hours(1);

std::string read_token_file(const DeviceSettings& device) {
  std::ifstream file(device.token_file);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
  return text;
}

Random make_random() {
  return [engine = std::mt19937_64(std::random_device{}()), unit = std::uniform_real_distribution<double>()]() mutable {
    return unit(engine);
  };
}

class DaemonImpl : public Daemon {
 public:
  DaemonImpl(const Settings& settings, std::function<config::Loaded()> read)
      : settings_(settings), timers_(loop_), signals_(loop_), reader_(std::in_place, std::move(read), post()) {}
  ~DaemonImpl() override {
    // Outside in: nobody may call what is already gone.
    reader_.reset();
    metrics_.reset();
    control_.reset();
    ingress_.reset();
    gateway_.reset();
    transport_.reset();
    signing_.reset();
    spool_.reset();
    timekeeper_.reset();
    recent_.reset();
  }

  Result<void> build();
  Result<void> run() override;
  void stop(const std::string& reason) override {
    asio::post(loop_, [this, reason] { begin_stop(reason); });
  }

 private:
  void started(const Result<void>& result);
  Result<void> let_children_in();
  void serve_metrics();
  void await_signal();
  Post post() {
    return [this](std::function<void()> function) { asio::post(loop_, std::move(function)); };
  }
  void reload();
  void reloaded(const Candidate& candidate);
  Result<std::vector<config::Change>> apply(const Candidate& candidate);
  void begin_stop(const std::string& reason);
  void watch(Duration every);
  void tell_ready();
  void tell_status();
  void read_chip_clock();

  Settings settings_;  // in force
  asio::io_context loop_{1};
  SystemClock clock_;
  LoopTimers timers_;
  asio::signal_set signals_;
  std::unique_ptr<metrics::RecentEvents> recent_;  // only with metrics.listen
  Users users_;
  std::unique_ptr<dialect::Dialect> dialect_;
  std::unique_ptr<timekeeper::Timekeeper> timekeeper_;
  std::unique_ptr<spool::Disk> spool_;
  std::unique_ptr<keys::Service> signing_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<gateway::Gateway> gateway_;
  std::unique_ptr<ingress::UnixIngress> ingress_;
  std::unique_ptr<control::Control> control_;
  std::unique_ptr<metrics::Server> metrics_;
  std::optional<service::ListeningSocket> inherited_;
  std::optional<ConfigReader> reader_;
  unsigned reloads_ = 0;
  std::string said_;
  bool ready_ = false, stopping_ = false;
  bool ready_untold_ = false;  // systemd did not take it yet
  bool reload_again_ = false;  // asked for before the daemon was ready, or while a reload was under way
  Result<void> outcome_;
};

Result<void> DaemonImpl::build() {
  inherited_ = service::inherited_socket("children");  // before the first thread
  if (!settings_.metrics.listen.empty()) recent_ = std::make_unique<metrics::RecentEvents>(clock_);
  auto users = users_of(settings_);
  if (!users) return fail(users.error());
  users_ = std::move(*users);
  auto made = dialect::make(settings_.cloud);
  if (!made) return fail(made.error());
  dialect_ = std::move(*made);
  SpoolSettings spool = settings_.spool;
  if (settings_.devices.size() == 1) spool.device_share = 100;  // nobody to leave room for
  auto disk = spool::open(spool, clock_, post());
  if (!disk) return fail(disk.error());
  spool_ = std::move(*disk);
  const std::string kept_time = std::filesystem::path(settings_.spool.path).parent_path() / "clock";
  timekeeper_ = timekeeper::make(loop_, clock_, kept_time, WallTime(std::chrono::seconds(VOUCHGATE_BUILD_EPOCH)));
  transport_ = mqtt::make_paho_transport(post(), LimitSettings::most_window);  // a reload may raise the window
  signing_ = keys::start_service(settings_.key, post(), timers_);
  if (settings_.key.holder == "file") log::emit(events::Id::key_in_file, {{"path", settings_.key.file.path}});
  gateway::Parts parts{clock_,
                       timers_,
                       *timekeeper_,
                       *spool_,
                       *transport_,
                       *signing_,
                       *dialect_,
                       make_random(),
                       [this](const DeviceSettings& device, std::uint32_t uid) {
                         const auto found = users_.find(device.id);
                         return found == users_.end() || uid == 0 || uid == getuid() || found->second.contains(uid);
                       },
                       read_token_file,
                       VOUCHGATE_VERSION};
  auto gateway = gateway::make(settings_, std::move(parts));
  if (!gateway) return fail(gateway.error());
  gateway_ = std::move(*gateway);
  return {};
}

Result<void> DaemonImpl::run() {
  log::emit(events::Id::daemon_started, {{"version", VOUCHGATE_VERSION}, {"gateway", dialect_->gateway().str()}});
  boost::system::error_code error;
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) signals_.add(number, error);
  sigset_t held;  // a reload that was asked for meanwhile comes now
  sigemptyset(&held);
  sigaddset(&held, SIGHUP);
  ::pthread_sigmask(SIG_UNBLOCK, &held, nullptr);
  await_signal();
  if (const auto interval = service::watchdog_interval()) watch(*interval);
  read_chip_clock();  // asked before the first signature, so answered before it
  gateway_->start([this](const Result<void>& result) { started(result); });
  loop_.run();
  return outcome_;
}

// Evidence of the time that a machine without a battery has: the TPM counted while it had power. An unsupported holder
// or a chip that does not answer now is only less evidence.
void DaemonImpl::read_chip_clock() {
  signing_->clock([this](const Result<keys::ClockReading>& reading) {
    if (reading) timekeeper_->chip_clock(std::chrono::milliseconds(reading->milliseconds));
  });
  timers_.after(chip_clock_every, [this] { read_chip_clock(); });
}

void DaemonImpl::started(const Result<void>& result) {
  outcome_ = result;
  if (outcome_) outcome_ = let_children_in();
  if (!outcome_) {
    loop_.stop();
    return;
  }
  ready_ = true;
  tell_ready();
  tell_status();
  if (std::exchange(reload_again_, false)) reload();
}

Result<void> DaemonImpl::let_children_in() {
  auto control = control::listen(loop_, settings_.control, *gateway_, *gateway_);
  if (!control) return fail(control.error());
  control_ = std::move(*control);
  const UnixSettings& configured = settings_.ingress.unix_socket;
  auto ingress = ingress::listen(loop_, configured, *gateway_, inherited_ ? inherited_->fd : -1);
  if (!ingress) return fail(ingress.error());
  ingress_ = std::move(*ingress);
  const std::string path = inherited_ ? inherited_->path : configured.path;
  if (path != configured.path)
    log::emit(events::Id::socket_elsewhere, {{"path", path}, {"configured", configured.path}});
  log::emit(events::Id::daemon_ready, {{"path", path}});
  if (recent_) serve_metrics();
  return {};
}

// Never a reason not to start: the gateway's job is another.
void DaemonImpl::serve_metrics() {
  const auto status = [this] { return gateway_->status(); };
  auto server = metrics::serve(loop_, settings_.metrics, {clock_, timers_, status, control::to_json, *recent_});
  if (server) {
    metrics_ = std::move(*server);
    return;
  }
  log::emit(events::Id::metrics_failed, {{"error", server.error().line()}, {"delay", spell(metrics_again)}});
  timers_.after(metrics_again, [this] { serve_metrics(); });
}

void DaemonImpl::await_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int number) {
    if (error) return;
    if (number == SIGHUP)
      reload();
    else
      begin_stop(number == SIGTERM ? "SIGTERM" : "SIGINT");
    await_signal();
  });
}

void DaemonImpl::reload() {
  if (stopping_) return;
  reload_again_ = !ready_ || !reader_->start([this](const Candidate& candidate) { reloaded(candidate); });
  if (!reload_again_) service::reloading("reading the configuration");
}

void DaemonImpl::reloaded(const Candidate& candidate) {
  if (stopping_) return;
  const std::string number = std::to_string(++reloads_);
  const auto& mistakes = candidate.loaded.mistakes;
  std::string problem = mistakes.empty() ? "" : say_mistakes(mistakes, number);
  if (mistakes.empty()) {
    if (const auto changes = apply(candidate))
      say_changes(*changes, number);
    else
      problem = changes.error().line();
  }
  if (!problem.empty()) {
    log::emit(events::Id::reload_failed, {{"reason", problem}, {"reload", number}});
    gateway_->reload_failed(problem);
  }
  tell_ready();
  if (reload_again_) reload();
}

// All or nothing.
Result<std::vector<config::Change>> DaemonImpl::apply(const Candidate& candidate) {
  if (!candidate.users) return fail(candidate.users.error());
  Settings next = settings_;
  auto changes = config::adopt(next, candidate.loaded.settings);
  if (auto done = gateway_->reload(next); !done) return fail(done.error());
  settings_ = std::move(next);
  users_ = *candidate.users;
  if (events::Level level{}; log::level_from_word(settings_.log.level, level)) log::set_level(level);
  return changes;
}

// The second request does not wait for the drain.
void DaemonImpl::begin_stop(const std::string& reason) {
  if (std::exchange(stopping_, true)) {
    loop_.stop();
    return;
  }
  log::emit(events::Id::daemon_stopping, {{"reason", reason}});
  service::stopping("stopping: " + reason);
  if (ingress_) ingress_->stop_accepting();
  // One turn more: the last answers to the children are written at the end of the turn that brought them.
  gateway_->stop([this] { timers_.after(Duration(1), [this] { loop_.stop(); }); });
}

// The ping says: the loop turns, and neither helper thread hangs. It says nothing of the cloud.
void DaemonImpl::watch(Duration every) {
  const auto keys = signing_->health();
  const auto disk = spool_->health();
  const bool keys_hang = keys.busy && keys.busy_for > longest_key_job;
  const bool disk_hangs = disk.busy && disk.busy_for > longest_disk_job;
  if (!keys_hang && !disk_hangs) service::watchdog_ping();
  timers_.after(every, [this, every] { watch(every); });
}

void DaemonImpl::tell_ready() {
  said_ = control::sentence(gateway_->status());
  ready_untold_ = !service::ready(said_);
}

void DaemonImpl::tell_status() {
  if (stopping_) return;
  if (ready_untold_) tell_ready();
  std::string sentence = control::sentence(gateway_->status());
  if (sentence != said_) service::status(said_ = std::move(sentence));
  timers_.after(status_every, [this] { tell_status(); });
}

}  // namespace

Result<std::unique_ptr<Daemon>> assemble(const Settings& settings, std::function<config::Loaded()> read) {
  auto daemon = std::make_unique<DaemonImpl>(settings, std::move(read));
  if (auto built = daemon->build(); !built) return fail(built.error());
  return daemon;
}

}  // namespace vouchgate::app
