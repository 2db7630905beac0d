// The spool from outside, and the disk under it.
#include "spool_checks.hpp"

#include <filesystem>
#include <system_error>

#include "../quantity.hpp"
#include "places.hpp"
#include "vouchgate/base/spell.hpp"

namespace vouchgate::cli::check {
namespace {

// A link that is away over night must not cost a message.
constexpr auto too_short = std::chrono::hours(24);
constexpr std::uint64_t typical_size = 256;  // bytes of payload, when no message is there to be measured

}  // namespace

SpoolFiles look_at_spool(const std::string& directory) {
  SpoolFiles out{directory, true, false, false, 0, {}};
  const Seen seen = see(directory);
  out.exists = seen.exists();
  std::error_code error;
  std::filesystem::directory_iterator it(directory, error);
  out.readable = !error || !(out.exists || seen.kind == Seen::Kind::hidden);
  for (; !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    const std::string name = it->path().filename();
    if (name == "suspect") out.suspect = true;
    if (name.find(".damaged-") != std::string::npos && !name.ends_with("-wal")) out.set_aside.push_back(name);
  }
  out.bytes = bytes_in(directory);
  return out;
}

Finding judge_spool_files(const SpoolFiles& files) {
  if (!files.readable) return warning(files.directory + ": cannot be looked at by this user", "run it as root");
  if (!files.set_aside.empty())
    return warning(files.directory + ": a damaged database was set aside: " + files.set_aside.front(),
                   "'sqlite3 FILE .recover' saves what can be read; then move it away. Check the disk");
  if (files.suspect)
    return warning(files.directory + ": a read or write failed; the next start examines the whole database",
                   "'dmesg' tells whether the disk is going");
  if (!files.exists) return ok(files.directory + ": the daemon makes it at its first start");
  return ok(files.directory + ", " + bytes_text(files.bytes) + " on disk");
}

Finding judge_live_spool(const Live& live) {
  if (live.spool_state != "ok" && !live.spool_state.empty())
    return failed(live.spool_state + ": " + live.spool_reason, "'vouchgate spool stats' has the sums");
  if (live.stored != live.accounted)
    return failed("the ledger does not add up: " + grouped(live.stored) + " stored, " + grouped(live.accounted) +
                      " accounted for",
                  "keep a copy of the spool directory and report it; 'vouchgate spool audit' counts");
  if (live.quarantined > 0)
    return warning(grouped(live.quarantined) + " in quarantine", "'vouchgate spool list' shows them");
  return ok(grouped(live.pending) + " pending, " + bytes_text(live.spool_bytes) + "; the ledger adds up");
}

Finding judge_autonomy(PlanInput input, double rate) {
  input.size = input.size > 0 ? input.size : typical_size;
  // Without a rate: the one that fills the spool by the time its oldest message expires.
  if (rate <= 0) {
    input.rate = 1;
    const double fits = static_cast<double>(plan(input).messages);
    const double age = std::chrono::duration<double>(input.spool.max_age).count();
    char most[32];
    std::snprintf(most, sizeof most, "%.1f", age > 0 ? fits / age : 0);
    const std::string what = bytes_text(plan(input).capacity) + " last " + spell(input.spool.max_age) + " at up to " +
                             most + " messages a second of " + std::to_string(input.size) + " bytes (estimate)";
    return fits > 0 ? ok(what) : failed("no message fits", "see disk.free and spool.max_bytes");
  }
  input.rate = rate;
  const Plan out = plan(input);
  char now[32];
  std::snprintf(now, sizeof now, "%.1f", rate);
  const std::string what = spell(out.autonomy) + " without a link, at " + now + " messages a second as just now";
  const std::string more = "; 'vouchgate plan --rate " + std::string(now) + "' tells more";
  if (out.full_after < too_short) return warning(what, "raise spool.max_bytes, or send less" + more);
  if (out.autonomy < too_short) return warning(what, "raise spool.max_age" + more);
  return ok(what);
}

Finding judge_disk(const Result<DiskSpace>& disk, const SpoolSettings& settings) {
  if (!disk) return failed(disk.error().line(), "is the disk mounted?");
  const std::string what = disk->looked_at + ": " + bytes_text(disk->free) + " free of " + bytes_text(disk->size);
  if (disk->read_only) return failed(what + ", read-only", "'dmesg' tells whether the file system found an error");
  if (disk->free < settings.min_free)
    return failed(what + ", spool.min_free is " + bytes_text(settings.min_free),
                  "free some; the spool refuses messages");
  if (disk->inodes > 0 && disk->inodes_free < disk->inodes / 100)
    return warning(what + ", less than 1 % of its inodes", "many small files lie there; delete some");
  if (disk->free / 2 < settings.min_free)
    return warning(what + ", soon below spool.min_free", "free some; below it the spool refuses messages");
  return ok(what);
}

}  // namespace vouchgate::cli::check
