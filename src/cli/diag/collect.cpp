// The table of what goes in. Verbs of this program run as programs of their own, so that one that hangs or dies costs
// its own part only.
#include "collect.hpp"

#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "../check/live.hpp"
#include "../check/program.hpp"
#include "../context.hpp"
#include "../json_fields.hpp"
#include "disguise.hpp"
#include "scrub.hpp"
#include "sources.hpp"
#include "vouchgate/model/endpoint.hpp"

namespace vouchgate::cli::diag {
namespace {

using nlohmann::json;
using std::chrono::seconds;

constexpr std::size_t most_bytes = 16 * 1024 * 1024;  // of one part
constexpr const char* unit = "vouchgated.service";

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string own_program() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "vouchgate" : path.string();
}

// Where dpkg(1) installed them: patch levels, which no file name tells. Empty elsewhere.
std::string packages() {
  const auto shown = check::run_program({"dpkg-query", "--show", "vouchgate*", "libssl3*", "libpaho-mqtt*", "libtss2-*",
                                         "libsqlite3-0", "libyaml-cpp*", "libsystemd0", "systemd"},
                                        seconds(10));
  return shown ? "== packages\n" + shown->text : "";  // what is not installed is said too, and does no harm
}

class Collection {
 public:
  Collection(std::string config_path, bool anonymise)
      : config_path_(std::move(config_path)),
        anonymise_(anonymise),
        loaded_(load_configuration(config_path_)),
        secrets_(secrets_of(loaded_)) {}

  Bundle collect() {
    learn_names();
    own_verb("status.json", "what the daemon says of itself", {"status"}, seconds(15));
    take_config();
    own_verb("check.json", "vouchgate check", {"check"}, seconds(90));
    own_verb("spool.json", "the spool's state and ledger", {"spool", "stats"}, seconds(15));
    take("files.txt", "owners, modes and sizes", files_text(settings(), config_path_));
    take("machine.txt", "disk, memory, load", machine_text(settings()));
    take("versions.txt", "this program, its libraries, the kernel, the distribution", versions_text() + packages());
    take_tpm();
    take_unit();
    take_journal();
    never();
    return std::move(out_);
  }

 private:
  bool usable() const { return loaded_.mistakes.empty(); }
  // Those of a broken configuration mean nothing: the defaults then.
  Settings settings() const { return usable() ? loaded_.settings : Settings{}; }
  // Free text may hold names that nobody told us.
  bool undisguisable() const { return anonymise_ && !usable() && !status_known_; }

  void take(const std::string& name, const std::string& what, const std::string& text) {
    std::string clean = scrub(text, secrets_);
    if (anonymise_) clean = name.ends_with(".json") ? disguise_.document(clean) : disguise_.text(clean);
    out_.items.push_back({name, what, std::move(clean)});
  }
  void leave_out(const std::string& what, const std::string& why) {
    const std::string clean = scrub(why, secrets_);
    out_.left_out.push_back({what, anonymise_ ? disguise_.text(clean) : clean});
  }

  void own_verb(const std::string& name, const std::string& what, const std::vector<std::string>& verb,
                std::chrono::milliseconds patience) {
    std::vector<std::string> words = {own_program(), "--config", config_path_, "--json"};
    words.insert(words.end(), verb.begin(), verb.end());
    const auto printed = check::run_program(words, patience, most_bytes);
    if (!printed) return leave_out(name, printed.error().reason);
    const auto parsed = json::parse(printed->text, nullptr, false);
    if (!parsed.is_structured()) return leave_out(name, first_line(printed->text));
    if (name == "status.json") status_ = parsed;
    if (undisguisable() && name != "status.json")
      return leave_out(name, "not all names in it are known to be replaced");
    if (name == "status.json") learn_names();
    take(name, what, printed->text);
  }

  void learn_names();
  void learn_field(const std::string& field, const std::string& kind);
  void take_config();
  void take_tpm();
  void take_unit();
  void take_journal();
  void never();

  const std::string config_path_;
  const bool anonymise_;
  const config::Loaded loaded_;
  const std::vector<std::string> secrets_;
  json status_;
  bool status_known_ = false;
  Disguise disguise_;
  Bundle out_;
};

void Collection::learn_names() {
  const Settings known = settings();
  const IotCoreSettings& core = known.cloud.iot_core;
  for (const DeviceSettings& device : known.devices) disguise_.add("device", device.id);
  disguise_.add("gateway", core.gateway);
  disguise_.add("project", core.project);
  disguise_.add("project", known.token.audience);
  disguise_.add("registry", core.registry);
  for (const std::string& text : known.cloud.endpoints)
    if (const auto endpoint = Endpoint::parse(text)) disguise_.add("cloud", endpoint->host);
  char host[256] = {};
  if (::gethostname(host, sizeof host - 1) == 0) {
    disguise_.add("host", host);
    disguise_.add("host", first_line(std::string(host).substr(0, std::string(host).find('.'))));
  }
  if (!status_.is_object()) return;
  status_known_ = true;
  disguise_.add("gateway", text(status_, "gateway"));
  for (const json& child : part(status_, "children")) disguise_.add("device", text(child, "device"));
  const std::string endpoint = text(part(status_, "session"), "endpoint");
  disguise_.add("cloud", endpoint.substr(0, endpoint.rfind(':')));
}

void Collection::take_config() {
  if (usable())
    return take("config.yaml", "the configuration in effect, secrets taken out", config_text(loaded_.settings));
  leave_out("config.yaml", "the configuration has mistakes, so its secrets cannot be told from the rest");
  if (undisguisable()) return leave_out("config-mistakes.txt", "not all names in it are known to be replaced");
  take("config-mistakes.txt", "what is wrong with the configuration", mistakes_text(loaded_.mistakes));
}

// A TPM without a resource manager takes one program at a time: a running daemon's is left alone.
void Collection::take_tpm() {
  take("tpm.txt", "the TPM as the kernel shows it", tpm_text());
  const Settings known = settings();
  const bool shared = known.key.tpm.tcti.starts_with("device:/dev/tpmrm") || known.key.holder != "tpm";
  if (!usable())
    leave_out("key.json", "the configuration does not tell which key");
  else if (!shared && check::find_daemon(known).is != check::Daemon::Is::stopped)
    leave_out("key.json", "the running daemon has the TPM to itself");
  else
    own_verb("key.json", "the public side of the key and the chip's properties", {"key", "show"}, seconds(30));
}

void Collection::take_unit() {
  const auto state = check::run_program(
      {"systemctl", "show", unit,
       "--property=LoadState,ActiveState,SubState,Result,ExecMainStatus,ExecMainCode,NRestarts,StateChangeTimestamp,"
       "ActiveEnterTimestamp,UnitFileState,FragmentPath,DropInPaths,MainPID,MemoryCurrent,MemoryPeak,TasksCurrent,"
       "CPUUsageNSec,StatusText,WatchdogTimestamp"},
      seconds(10));
  if (state && state->exit_code == 0)
    take("unit.txt", "the unit's state; never its environment or command line", state->text);
  else
    leave_out("unit.txt", state ? first_line(state->text) : state.error().line());
  const auto exposure =
      check::run_program({"systemd-analyze", "security", "--no-pager", unit}, seconds(20), most_bytes);
  if (exposure && exposure->exit_code == 0)
    take("exposure.txt", "systemd-analyze security", exposure->text);
  else
    leave_out("exposure.txt", exposure ? first_line(exposure->text) : exposure.error().line());
}

void Collection::learn_field(const std::string& field, const std::string& kind) {
  const auto named = check::run_program({"journalctl", "--quiet", "--field=" + field}, seconds(20), most_bytes);
  std::istringstream names(named && named->exit_code == 0 ? named->text : "");
  for (std::string name; std::getline(names, name);) disguise_.add(kind, name);
}

void Collection::take_journal() {
  if (undisguisable()) return leave_out("journal.txt", "not all names in it are known to be replaced");
  if (anonymise_) {
    // Devices that were configured once, and what this machine was called, are in the journal still.
    learn_field("VOUCHGATE_DEVICE", "device");
    learn_field("_HOSTNAME", "host");
  }
  const auto lines = check::run_program(
      {"journalctl", "--quiet", "--no-pager", std::string("--unit=") + unit, "--lines=2000", "--output=short-precise"},
      seconds(20), most_bytes);
  if (lines && lines->exit_code == 0 && lines->text.empty())
    leave_out("journal.txt", "it holds no line of the unit, or this user may not read it: root may");
  else if (lines && lines->exit_code == 0)
    take("journal.txt", "the last 2,000 lines of the unit", lines->text);
  else
    leave_out("journal.txt", lines ? first_line(lines->text) : lines.error().line());
}

void Collection::never() {
  const char* always[][2] = {
      {"private keys", "never read"},
      {"tokens and passwords",
       "taken out wherever they look like one; what their files hold is taken out by its value"},
      {"messages of the children", "the spool's database is not opened"},
      {"claims of token.claims", "their values may be secrets"},
      {"the unit's environment and command line", "may hold secrets"},
  };
  if (!usable())
    leave_out("what the files of passwords hold", "by its value only as far as the broken configuration names them");
  for (const auto& [what, why] : always) out_.left_out.push_back({what, why});
}

}  // namespace

Bundle collect(const std::string& config_path, bool anonymise) { return Collection(config_path, anonymise).collect(); }

}  // namespace vouchgate::cli::diag
