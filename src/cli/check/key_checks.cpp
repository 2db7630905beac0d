// The key and its chip. An error of the keys room brings its own hint.
#include "key_checks.hpp"

#include "vouchgate/base/spell.hpp"

namespace vouchgate::cli::check {
namespace {

constexpr Duration slow_signature = std::chrono::seconds(2);  // the slowest known chip takes 0.7 s

Finding of(const Error& error, const std::string& otherwise) {
  return failed(error.line(), error.hint.empty() ? otherwise : error.hint);
}

std::string brief(const std::string& name) { return name.size() > 16 ? name.substr(0, 16) + "..." : name; }

}  // namespace

std::string file_of_tcti(const std::string& tcti) {
  for (const std::string prefix : {"device:", "swtpm:path="})
    if (tcti.starts_with(prefix)) return tcti.substr(prefix.size());
  return {};
}

Finding judge_tpm_present(const std::string& tcti, const Seen& seen) {
  const std::string file = file_of_tcti(tcti);
  if (file.empty()) return ok(tcti + ", which is no file");
  if (seen.kind == Seen::Kind::device || seen.kind == Seen::Kind::socket) return ok(file);
  if (seen.kind == Seen::Kind::hidden) return failed(file + ": cannot be looked at by this user", "run it as root");
  if (seen.exists()) return failed(file + ": is neither a device nor a socket", "key.tpm.tcti names the TPM");
  if (tcti.starts_with("swtpm:")) return failed(file + ": is not there", "start swtpm; key.tpm.tcti names its socket");
  return failed(file + ": is not there",
                "is the TPM 2.0 enabled in the firmware? 'dmesg | grep -i tpm' tells what the kernel found");
}

Finding judge_tpm_answers(const Result<keys::ChipReport>& chip) {
  if (!chip) return of(chip.error(), "'dmesg | grep -i tpm'; a TPM that hangs needs a cold start");
  return ok(chip->hardware.empty() ? "a TPM that does not say who made it" : chip->hardware);
}

Finding judge_key_present(const Result<keys::Description>& key, bool has_parent) {
  if (!key) {
    Finding out = of(key.error(), "'vouchgate key show' tells more");
    if (key.error().code == Code::not_found && !has_parent) out.hint += ", and the storage root key with it";
    return out;
  }
  if (!key->present)
    return warning(key->where + ": the handle is empty, but the key file brings the key back",
                   "it comes back with the next signature; something evicts it if that repeats");
  return ok(key->algorithm + " at " + key->where);
}

Finding judge_key_pinned(const Result<keys::Description>& key) {
  if (!key) return of(key.error(), "'vouchgate key show' tells more");
  if (!key->present) return ok("the key file names " + brief(key->pinned_name));
  if (key->ours()) return ok("Name " + brief(key->name) + ", as the key file says");
  const std::string hint = "the TPM was cleared or the disk moved; 'vouchgate key show' compares";
  if (key->pinned_name.empty()) return failed(key->where + ": no key file names this key", hint);
  return failed(
      key->where + ": holds another key (Name " + brief(key->name) + ", expected " + brief(key->pinned_name) + ")",
      hint);
}

Finding judge_lockout(const Result<keys::ChipReport>& chip) {
  if (!chip) return of(chip.error(), "'dmesg | grep -i tpm'");
  const std::string count =
      std::to_string(chip->failures) + " of " + std::to_string(chip->most_failures) + " authorisation failures";
  const std::string hint =
      "the gateway's own key is exempt; another program on this machine uses a wrong value. One "
      "failure is forgiven every " +
      spell(chip->forgives);
  if (chip->locked_out) return warning("the TPM is locked out: " + count, hint);
  if (chip->most_failures > 0 && 2 * chip->failures >= chip->most_failures) return warning(count, hint);
  return ok(count);
}

Finding judge_signature(const Result<Signature>& signature) {
  if (!signature) return of(signature.error(), "'vouchgate key test' repeats it");
  const std::string who = signature->algorithm + " by " + signature->holder + " " + signature->where;
  if (!signature->verifies)
    return failed(who + ": its signature does not verify under its public key", "the chip or the key is broken");
  const std::string what = who + ", sign+verify " + std::to_string(signature->took.count()) + " ms";
  if (signature->took > slow_signature)
    return warning(what, "the chip is busy or failing; 'dmesg | grep -iE \"tpm|i2c\"'");
  return ok(what);
}

Finding judge_live_key(const Live& live) {
  if (live.algorithm.empty()) {
    if (live.state == "waiting-for-time")
      return skipped("because the daemon waits for the time and has not yet signed");
    if (!live.problem.empty()) return failed("the running daemon: " + live.problem, "'journalctl -x -u vouchgated'");
    return warning("the running daemon has not yet signed", "ask again in a minute");
  }
  const std::string what =
      "the running daemon signs with it: " + live.algorithm + " by " + live.holder + " " + live.where;
  return ok(what);
}

}  // namespace vouchgate::cli::check
