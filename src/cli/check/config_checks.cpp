// What the daemon's user must be able to reach, and what nobody else must.
#include "config_checks.hpp"

#include <algorithm>
#include <filesystem>

namespace vouchgate::cli::check {
namespace {

constexpr const char* mend = "'vouchgate check --fix' as root mends it";

constexpr const char* standard_state = "/var/lib/vouchgate";

std::string parent(const std::string& path) {
  const auto out = std::filesystem::path(path).parent_path();
  return out.empty() ? "." : out.string();
}

// systemd makes this one for the daemon and takes it away with it.
bool is_runtime(const std::string& directory) { return directory == "/run/vouchgate"; }

bool is_directory(Place::Use use) {
  return use == Place::Use::write || use == Place::Use::beside || use == Place::Use::state;
}
bool is_its_own(Place::Use use) {
  return use == Place::Use::own || use == Place::Use::secret || use == Place::Use::state;
}

// What others may not: group and others for what is secret, writing by others for settings.
mode_t too_much(const Place& place) {
  if (place.use == Place::Use::secret || place.use == Place::Use::state) return place.seen.mode & 0077;
  if (place.use == Place::Use::settings) return place.seen.mode & 0002;
  return 0;
}

Finding missing(const Account& account, const Place& place) {
  Finding out = failed(place.path + ": is not there", "");
  if (is_directory(place.use)) {
    out.hint = mend;
    out.repairs.push_back({Repair::Kind::make_directory,
                           place.path,
                           account.name,
                           {},
                           static_cast<mode_t>(place.use == Place::Use::state ? 0700 : 0755)});
  } else {
    out.hint = "the configuration names it";
  }
  return out;
}

Finding out_of_reach(const Account& account, const Place& place) {
  const std::string what = place.path + ": " + account.name +
                           (is_directory(place.use) ? " may not write" : " may not read") + " (it is " +
                           user_name(place.seen.uid) + "'s)";
  if (place.use == Place::Use::beside)
    return warning(what + ": the time is not kept there", "give it to " + account.name + ", or move spool.path");
  if (!is_its_own(place.use))
    return failed(what, is_directory(place.use) ? "let the configuration name a directory of its own"
                                                : "'chmod a+r' if others may read it as well");
  Finding out = failed(what, mend);
  out.repairs.push_back({Repair::Kind::set_owner, place.path, account.name, {}, 0});
  // Whoever owns it must have the bits as well.
  const mode_t owner = is_directory(place.use) ? 0700 : 0400;
  if ((place.seen.mode & owner) != owner)
    out.repairs.push_back({Repair::Kind::set_mode, place.path, {}, {}, place.seen.mode | owner});
  return out;
}

Finding too_open(const Place& place, mode_t bits) {
  const std::string what = place.path + (place.use == Place::Use::settings ? ": everybody may write it"
                                                                           : ": others than its owner may read it");
  // An open state directory holds no key by itself: telemetry is at stake, not the identity.
  Finding out = place.use == Place::Use::state ? warning(what, mend) : failed(what, mend);
  out.repairs.push_back({Repair::Kind::set_mode, place.path, {}, {}, static_cast<mode_t>(place.seen.mode & ~bits)});
  return out;
}

Finding judge_place(const Account& account, const Place& place) {
  if (place.seen.kind == Seen::Kind::hidden)
    return warning(place.path + ": cannot be looked at by this user", "run it as root");
  if (!place.seen.exists()) return place.must_exist ? missing(account, place) : ok("");
  if (is_directory(place.use) && place.seen.kind != Seen::Kind::directory)
    return failed(place.path + ": is no directory", "move it away");
  if (!may(account, place.seen, is_directory(place.use) ? 7 : 4)) return out_of_reach(account, place);
  const mode_t bits = too_much(place);
  return bits != 0 ? too_open(place, bits) : ok("");
}

}  // namespace

Finding judge_config(const std::string& path, const config::Loaded& loaded) {
  if (loaded.mistakes.empty()) {
    const auto count = loaded.settings.devices.size();
    return ok(path + ", " + std::to_string(count) + (count == 1 ? " device" : " devices"));
  }
  const config::Mistake& first = loaded.mistakes.front();
  const std::string where =
      first.file + (first.line > 0 ? ":" + std::to_string(first.line) + ":" + std::to_string(first.column) : "");
  std::string what = where + ": " + first.what;
  if (loaded.mistakes.size() > 1) what += " (and " + std::to_string(loaded.mistakes.size() - 1) + " more)";
  const std::string all = "'vouchgated --config " + path + " --check-config' lists every mistake";
  return failed(what, first.hint.empty() ? all : first.hint + "; " + all);
}

std::vector<Place> places_of(const Settings& settings, const std::string& config_path, bool spool_is_there) {
  using Use = Place::Use;
  const std::string above = parent(settings.spool.path);
  const Use use = above == standard_state ? Use::state : spool_is_there ? Use::beside : Use::write;
  std::vector<Place> out = {{config_path, Use::settings, true, {}},
                            {above, use, true, {}},
                            {settings.spool.path, Use::state, false, {}}};  // the daemon makes it
  if (settings.key.holder == "tpm") out.push_back({settings.key.tpm.key_file, Use::own, false, {}});
  if (settings.key.holder == "file") out.push_back({settings.key.file.path, Use::secret, false, {}});
  const std::string& secret = settings.key.tpm.auth_file;
  if (!secret.empty() && !secret.starts_with("credential:")) out.push_back({secret, Use::secret, true, {}});
  out.push_back({settings.cloud.tls.ca_file, Use::read, true, {}});
  for (const DeviceSettings& device : settings.devices)
    if (!device.token_file.empty()) out.push_back({device.token_file, Use::read, false, {}});
  for (const std::string& socket : {settings.control.path, settings.ingress.unix_socket.path}) {
    const std::string directory = parent(socket);
    const bool known = std::ranges::any_of(out, [&](const Place& place) { return place.path == directory; });
    if (!known) out.push_back({directory, Use::write, !is_runtime(directory), {}});
  }
  return out;
}

Finding judge_places(const Account& account, const std::vector<Place>& places) {
  Finding out = ok(std::to_string(places.size()) + " files and directories, for user " + account.name);
  for (const Place& place : places) {
    Finding one = judge_place(account, place);
    if (one.verdict == Verdict::ok) continue;
    const bool first = out.verdict == Verdict::ok;
    out.what = first ? one.what : out.what + "; " + one.what;
    if (first || (one.verdict == Verdict::failed && out.verdict != Verdict::failed)) out.hint = one.hint;
    if (out.verdict != Verdict::failed) out.verdict = one.verdict;
    out.repairs.insert(out.repairs.end(), one.repairs.begin(), one.repairs.end());
  }
  return out;
}

Finding judge_groups(const Account& account, const DeviceFacts& facts) {
  if (facts.device.empty()) return ok(facts.tcti + " needs no group");
  if (account.uid == 0) return ok("root may open " + facts.device);
  if (facts.seen.exists() && may(account, facts.seen, 6))
    return ok(account.name + " may open " + facts.device + " (group " + facts.group + ")");
  const bool in_tss = facts.tss && std::ranges::find(account.groups, *facts.tss) != account.groups.end();
  if (!facts.seen.exists() && in_tss) return ok(account.name + " is in group tss");
  if (in_tss || !facts.tss)
    return failed(facts.device + ": group " + facts.group + " may open it, " + account.name + " may not",
                  "a udev rule gives it to group tss; on Debian it comes with package tpm-udev");
  Finding out = failed(account.name + " is not in group tss, which opens " + facts.device,
                       "'usermod -aG tss " + account.name + "', or 'vouchgate check --fix' as root");
  out.repairs.push_back({Repair::Kind::join_group, {}, account.name, "tss", 0});
  return out;
}

}  // namespace vouchgate::cli::check
