// One row a check. A running daemon's key and session are its own: rows that would touch them ask it instead. An
// ATECC608 it shares, by the lock of the bus.
#include "survey.hpp"

#include <grp.h>

#include <algorithm>
#include <filesystem>

#include "chip_checks.hpp"
#include "clock_checks.hpp"
#include "key_checks.hpp"
#include "network_look.hpp"
#include "spool_checks.hpp"
#include "trial.hpp"
#include "unit_checks.hpp"
#include "vouchgate/timekeeper/look.hpp"

namespace vouchgate::cli::check {
namespace {

using std::chrono::seconds;
using View = std::shared_ptr<const Scene>;

constexpr const char* name_servers =
    "is the network up? 'resolvectl status' or /etc/resolv.conf names the servers that are asked for addresses";

// All endpoints of one row share what is left of its budget, so that a row that is slow still names each of them.
Duration share(Duration of_all, const std::vector<Endpoint>& endpoints) {
  const auto count = static_cast<Duration::rep>(std::max<std::size_t>(1, endpoints.size()));
  return std::min<Duration>(seconds(4), of_all / count);
}

const Settings& settings_of(const View& scene) { return scene->loaded.settings; }
bool stopped(const View& scene) { return scene->daemon.is == Daemon::Is::stopped; }
bool has_tpm(const View& scene) { return settings_of(scene).key.holder == "tpm"; }
bool has_chip(const View& scene) { return settings_of(scene).key.holder == "atecc608"; }
const Atecc608Settings& chip_of(const View& scene) { return settings_of(scene).key.atecc608; }

Finding other_holder(const View& scene) { return skipped("because key.holder is " + settings_of(scene).key.holder); }

// The finding of a row that would touch what is the daemon's, from its own words.
template <class Judge>
Finding ask_it(const View& scene, Judge judge) {
  if (scene->daemon.live) return judge(*scene->daemon.live);
  return skipped("because a daemon runs that does not answer (" + scene->daemon.problem.reason + ")");
}

Finding permissions(const View& scene) {
  const auto account = daemon_account(scene->user, scene->standard_path);
  if (!account) return failed(account.error().line(), account.error().hint);
  const bool spool_is_there = see(settings_of(scene).spool.path).exists();
  auto places = places_of(settings_of(scene), scene->config_path, spool_is_there);
  for (Place& place : places) place.seen = see(place.path);
  return judge_places(*account, places);
}

Finding groups(const View& scene) {
  if (!has_tpm(scene) && !has_chip(scene)) return other_holder(scene);
  const auto account = daemon_account(scene->user, scene->standard_path);
  if (!account) return failed(account.error().line(), account.error().hint);
  if (has_chip(scene)) {
    const Seen bus = see(chip_of(scene).bus);
    return judge_bus_access(*account, chip_of(scene).bus, bus, group_name(bus.gid));
  }
  DeviceFacts facts;
  facts.tcti = settings_of(scene).key.tpm.tcti;
  if (facts.tcti.starts_with("device:")) facts.device = file_of_tcti(facts.tcti);
  facts.seen = see(facts.device);
  facts.group = group_name(facts.seen.gid);
  if (const ::group* tss = ::getgrnam("tss")) facts.tss = tss->gr_gid;
  return judge_groups(*account, facts);
}

Finding tpm_present(const View& scene) {
  if (!has_tpm(scene)) return other_holder(scene);
  const std::string& tcti = settings_of(scene).key.tpm.tcti;
  return judge_tpm_present(tcti, see(file_of_tcti(tcti)));
}

Finding tpm_answers(const View& scene) {
  if (!has_tpm(scene)) return other_holder(scene);
  return stopped(scene) ? judge_tpm_answers(keys::inspect_chip(settings_of(scene).key)) : ask_it(scene, judge_live_key);
}

template <class Judge>
Finding of_bus(const View& scene, Judge judge) {
  if (!has_chip(scene)) return other_holder(scene);
  return judge(keys::atecc608::inspect_bus(chip_of(scene)));
}

template <class Judge>
Finding of_chip(const View& scene, Judge judge) {
  if (!has_chip(scene)) return other_holder(scene);
  return judge(chip_of(scene));
}

Finding bus_driver(const View& scene) {
  return of_bus(scene, [&](const Bus& bus) { return judge_bus_driver(bus, chip_of(scene).address); });
}

Finding chip_wakes(const View& scene) {
  return of_chip(scene, [](const Atecc608Settings& at) {
    const auto took = keys::atecc608::wake(at);
    if (took || took.error().code != Code::unavailable) return judge_wake(took, {});
    // Mostly a part that comes with an address of its own.
    const auto found = keys::atecc608::scan(at.bus);
    std::optional<std::uint8_t> elsewhere;
    for (const keys::atecc608::Found& one : found ? *found : std::vector<keys::atecc608::Found>{})
      if (!elsewhere && one.identity && one.address != at.address) elsewhere = one.address;
    return judge_wake(took, elsewhere);
  });
}

Finding chip_revision(const View& scene) {
  return of_chip(scene, [](const Atecc608Settings& at) { return judge_revision(keys::atecc608::identify(at)); });
}

Finding chip_locks(const View& scene) {
  return of_chip(scene, [](const Atecc608Settings& at) { return judge_locks(keys::atecc608::identify(at)); });
}

Finding chip_slot(const View& scene) {
  return of_chip(scene, [](const Atecc608Settings& at) { return judge_slot(keys::atecc608::identify(at), at.slot); });
}

Finding chip_timing(const View& scene) {
  return of_chip(scene, [](const Atecc608Settings& at) { return judge_timing(keys::atecc608::time_signature(at)); });
}

Finding key_present(const View& scene) {
  if (!stopped(scene)) return ask_it(scene, judge_live_key);
  const auto chip = has_tpm(scene) ? keys::inspect_chip(settings_of(scene).key) : Result<keys::ChipReport>();
  return judge_key_present(keys::describe(settings_of(scene).key), !chip || chip->has_parent || !has_tpm(scene));
}

Finding key_pinned(const View& scene) {
  if (!has_tpm(scene)) return other_holder(scene);
  return stopped(scene) ? judge_key_pinned(keys::describe(settings_of(scene).key)) : ask_it(scene, judge_live_key);
}

Finding lockout(const View& scene) {
  if (!has_tpm(scene)) return other_holder(scene);
  if (!stopped(scene)) return skipped("because the TPM is the running daemon's");
  return judge_lockout(keys::inspect_chip(settings_of(scene).key));
}

Finding key_signs(const View& scene) {
  return stopped(scene) ? judge_signature(sign_once(settings_of(scene).key)) : ask_it(scene, judge_live_key);
}

// The running daemon knows more of the time than this look: the TPM's clock.
TimeReport time_report(const View& scene, WallTime now) {
  if (const auto& live = scene->daemon.live) {
    for (const auto confidence : {TimeConfidence::wrong, TimeConfidence::plausible, TimeConfidence::synchronised})
      if (live->confidence == word(confidence)) return {confidence, live->time_reason};
  }
  const std::string kept = std::filesystem::path(settings_of(scene).spool.path).parent_path() / "clock";
  return timekeeper::judge(timekeeper::look(kept, now, WallTime(seconds(VOUCHGATE_BUILD_EPOCH))));
}

Finding clock_sane(const View& scene) {
  const WallTime now = std::chrono::system_clock::now();
  return judge_clock(time_report(scene, now), now, settings_of(scene).token.clock_skew);
}

Finding clock_synchronised(const View& scene) {
  return judge_synchronised(time_report(scene, std::chrono::system_clock::now()));
}

Finding resolves(const View& scene) { return judge_dns(resolve(endpoints_of(settings_of(scene).cloud))); }

Finding reaches(const View& scene) {
  const auto endpoints = endpoints_of(settings_of(scene).cloud);
  return judge_tcp(reach(endpoints, share(seconds(8), endpoints)));
}

Finding trusts(const View& scene) {
  const CloudSettings& cloud = settings_of(scene).cloud;
  const auto endpoints = endpoints_of(cloud);
  return judge_tls(greet(endpoints, cloud.tls, share(seconds(8), endpoints)), std::chrono::system_clock::now());
}

Finding connects(const View& scene) {
  if (scene->daemon.is == Daemon::Is::mute)
    return failed("a daemon runs and does not answer: " + scene->daemon.problem.line(), scene->daemon.problem.hint);
  if (!stopped(scene)) return judge_live_session(*scene->daemon.live);
  const Settings& settings = settings_of(scene);
  const auto endpoints = endpoints_of(settings.cloud);
  // A daemon that was started since this look began owns the client id.
  const auto alone = [&] { return find_daemon(settings).is == Daemon::Is::stopped; };
  const auto trials = try_connect(settings, endpoints, share(seconds(10), endpoints), alone);
  if (!trials && trials.error().code == Code::busy) return skipped("because " + trials.error().reason);
  return judge_connect(trials);
}

Finding spool_health(const View& scene) {
  if (scene->daemon.live) return judge_live_spool(*scene->daemon.live);
  return judge_spool_files(look_at_spool(settings_of(scene).spool.path));
}

Finding autonomy(const View& scene) {
  const Settings& settings = settings_of(scene);
  const auto disk = disk_space(settings.spool.path);
  if (!disk) return failed(disk.error().line(), "is the disk mounted?");
  PlanInput in;
  in.spool = settings.spool;
  in.limits = settings.cloud.limits;
  in.devices = settings.devices.size();
  in.held = bytes_in(settings.spool.path);
  in.disk_free = disk->free;
  in.disk_size = disk->size;
  in.flash = flash_classes().front();
  return judge_autonomy(in, scene->daemon.rate);
}

Finding exposure(const View&) {
  return judge_exposure(
      run_program({"systemd-analyze", "security", "--offline=true", "--no-pager", "vouchgated.service"}, seconds(8)));
}

}  // namespace

std::vector<Check> survey(View scene) {
  struct Row {
    const char* id;
    std::vector<std::string> needs;
    seconds budget;
    Finding (*look)(const View&);
    const char* if_hung = "something hangs there; 'dmesg' may tell";
  };
  // A running daemon is asked whatever was found before; a key needs its own holder only.
  const auto of_key = [&](std::vector<std::string> needs) {
    if (!stopped(scene)) return std::vector<std::string>{"config.valid"};
    if (!has_tpm(scene)) std::erase_if(needs, [](const std::string& id) { return id.starts_with("tpm."); });
    if (!has_chip(scene)) std::erase_if(needs, [](const std::string& id) { return id.starts_with("atecc."); });
    return needs;
  };
  const std::vector<Row> rows = {
      {"config.valid", {}, seconds(1), [](const View& at) { return judge_config(at->config_path, at->loaded); }},
      {"config.permissions", {"config.valid"}, seconds(5), permissions},
      {"user.groups", {"config.valid"}, seconds(5), groups},
      {"tpm.present", {"config.valid"}, seconds(3), tpm_present},
      {"tpm.answers", of_key({"config.valid", "tpm.present"}), seconds(12), tpm_answers},
      {"i2c.bus", {"config.valid"}, seconds(3), [](const View& at) { return of_bus(at, judge_bus); }},
      {"i2c.functions", {"i2c.bus"}, seconds(3), [](const View& at) { return of_bus(at, judge_bus_functions); }},
      {"i2c.driver", {"i2c.bus"}, seconds(3), bus_driver},
      {"atecc.wakes", {"i2c.functions", "i2c.driver"}, seconds(12), chip_wakes},
      {"atecc.revision", {"atecc.wakes"}, seconds(12), chip_revision},
      {"atecc.locks", {"atecc.revision"}, seconds(12), chip_locks},
      {"atecc.slot", {"atecc.locks"}, seconds(12), chip_slot},
      {"key.present", of_key({"config.valid", "tpm.answers", "atecc.slot"}), seconds(12), key_present},
      {"key.pinned", of_key({"config.valid", "key.present"}), seconds(12), key_pinned},
      {"tpm.lockout", of_key({"config.valid", "tpm.answers"}), seconds(12), lockout},
      {"key.signs",
       of_key(has_tpm(scene) ? std::vector<std::string>{"key.present", "key.pinned"}
                             : std::vector<std::string>{"key.present"}),
       seconds(12), key_signs},
      {"atecc.timing", {"atecc.slot", "key.signs"}, seconds(12), chip_timing},
      {"clock.sane", {"config.valid"}, seconds(3), clock_sane},
      {"clock.synchronised", {"clock.sane"}, seconds(3), clock_synchronised},
      {"dns.resolves", {"config.valid"}, seconds(12), resolves, name_servers},
      {"endpoint.tcp", {"dns.resolves"}, seconds(12), reaches, name_servers},
      {"tls.chain", {"endpoint.tcp"}, seconds(12), trusts, name_servers},
      {"cloud.connect", of_key({"key.signs", "clock.sane", "tls.chain"}), seconds(15), connects, name_servers},
      {"spool.health", {"config.valid"}, seconds(5), spool_health},
      {"spool.autonomy", {"config.valid"}, seconds(5), autonomy},
      {"disk.free",
       {"config.valid"},
       seconds(5),
       [](const View& at) {
         const SpoolSettings& spool = settings_of(at).spool;
         return judge_disk(disk_space(spool.path), spool);
       }},
      {"unit.exposure", {}, seconds(10), exposure},
  };
  std::vector<Check> out;
  for (const Row& row : rows)
    out.push_back({row.id, row.needs, row.budget, [scene, look = row.look] { return look(scene); }, row.if_hung});
  return out;
}

}  // namespace vouchgate::cli::check
