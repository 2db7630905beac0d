// procfs, sysfs, stat(2), statvfs(3), uname(2).
#include "sources.hpp"

#include <sys/stat.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "../check/config_checks.hpp"
#include "../check/places.hpp"
#include "../disk_space.hpp"
#include "../quantity.hpp"
#include "scrub.hpp"

namespace vouchgate::cli::diag {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_of_a_file = 64 * 1024, most_of_a_folder = 200;

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(most_of_a_file, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

std::string headed(const std::string& path) { return "== " + path + "\n" + contents(path) + "\n"; }

std::vector<std::string> listed(const fs::path& folder) {
  std::vector<std::string> out;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end && out.size() < most_of_a_folder;
       it.increment(error))
    out.push_back(it->path());
  std::ranges::sort(out);
  return out;
}

const char* word(check::Seen::Kind kind) {
  using Kind = check::Seen::Kind;
  switch (kind) {
    case Kind::missing: return "missing";
    case Kind::hidden: return "out of reach";
    case Kind::file: return "file";
    case Kind::directory: return "directory";
    case Kind::device: return "device";
    case Kind::socket: return "socket";
    case Kind::other: return "other";
  }
  return "";
}

std::string file_line(const std::string& path) {
  const check::Seen seen = check::see(path);
  if (!seen.exists()) return path + ": " + word(seen.kind) + "\n";
  struct stat about {};
  const bool sized = ::stat(path.c_str(), &about) == 0;
  char mode[16];
  std::snprintf(mode, sizeof mode, "%04o", seen.mode);
  return path + ": " + word(seen.kind) + " " + mode + " " + check::user_name(seen.uid) + ":" +
         check::group_name(seen.gid) + (sized ? " " + std::to_string(about.st_size) + " bytes" : "") + "\n";
}

// The text between quotation marks.
std::vector<std::string> quoted(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; (at = text.find('\'', at)) != std::string::npos;) {
    const auto end = text.find('\'', at + 1);
    if (end == std::string::npos) break;
    out.push_back(text.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return out;
}

// With and without the line break that an editor puts at the end.
void add_contents(std::vector<std::string>& out, const std::string& path) {
  if (path.empty() || path.starts_with("credential:")) return;
  std::istringstream lines(contents(path));
  for (std::string line; std::getline(lines, line);) out.push_back(line);
}

}  // namespace

std::vector<std::string> secrets_of(const config::Loaded& loaded) {
  std::vector<std::string> out;
  for (const config::Mistake& mistake : loaded.mistakes)
    for (std::string& value : quoted(mistake.what)) out.push_back(std::move(value));
  // Also of a configuration with mistakes, as far as it was understood: for removing, half of it is better than
  // nothing.
  constexpr std::size_t shortest_claim = 8;  // "prod" is no secret, and stands in other words
  for (const auto& [claim, value] : loaded.settings.token.claims)
    if (value.size() >= shortest_claim) out.push_back(value);
  add_contents(out, loaded.settings.key.tpm.auth_file);
  for (const DeviceSettings& device : loaded.settings.devices) add_contents(out, device.token_file);
  return out;
}

std::string config_text(Settings settings) {
  for (auto& [claim, value] : settings.token.claims) value = mark;
  return config::print(settings);
}

std::string mistakes_text(const std::vector<config::Mistake>& mistakes) {
  std::string out;
  for (const config::Mistake& mistake : mistakes) {
    std::string what = mistake.what;
    for (const std::string& value : quoted(mistake.what))
      if (const auto at = what.find("'" + value + "'"); at != std::string::npos)
        what.replace(at, value.size() + 2, mark);
    out +=
        mistake.file + ":" + std::to_string(mistake.line) + ":" + std::to_string(mistake.column) + ": " + what + "\n";
  }
  return out;
}

std::string files_text(const Settings& settings, const std::string& config_path) {
  std::vector<std::string> paths;
  for (const check::Place& place : check::places_of(settings, config_path, true)) paths.push_back(place.path);
  paths.push_back(settings.control.path);
  paths.push_back(settings.ingress.unix_socket.path);
  const std::string beside = fs::path(config_path).parent_path();
  for (const std::string& folder : {settings.spool.path, beside + "/conf.d"})
    for (std::string& path : listed(folder)) paths.push_back(std::move(path));
  for (std::string& path : listed("/dev"))
    if (path.starts_with("/dev/tpm")) paths.push_back(std::move(path));
  std::set<std::string> told;
  std::string out;
  for (const std::string& path : paths)
    if (told.insert(path).second) out += file_line(path);
  return out;
}

std::string machine_text(const Settings& settings) {
  std::string out;
  for (const std::string& path : {settings.spool.path, std::string("/"), std::string("/run")}) {
    const auto disk = disk_space(path);
    if (!disk) {
      out += disk.error().line() + "\n";
      continue;
    }
    out += path + " (" + disk->looked_at + "): " + bytes_text(disk->free) + " free of " + bytes_text(disk->size) +
           ", " + std::to_string(disk->inodes_free) + " of " + std::to_string(disk->inodes) + " inodes" +
           (disk->read_only ? ", read-only" : "") + "\n";
  }
  for (const char* path : {"/proc/meminfo", "/proc/loadavg", "/proc/uptime", "/proc/pressure/cpu", "/proc/pressure/io",
                           "/proc/pressure/memory", "/sys/devices/system/clocksource/clocksource0/current_clocksource"})
    out += headed(path);
  return out;
}

std::string versions_text() {
  std::string out = "vouchgate " VOUCHGATE_VERSION "\n";
  utsname kernel{};
  if (::uname(&kernel) == 0)
    out += std::string(kernel.sysname) + " " + kernel.release + " " + kernel.version + " " + kernel.machine + "\n";
  out += headed("/etc/os-release") + "== libraries of this program\n";
  std::set<std::string> libraries;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (const auto at = line.find('/'); at != std::string::npos && line.find(".so") != std::string::npos)
      libraries.insert(fs::path(line.substr(at)).filename());
  for (const std::string& library : libraries) out += library + "\n";
  return out;
}

std::string tpm_text() {
  std::string out;
  for (const std::string& chip : listed("/sys/class/tpm")) {
    out += chip + "\n";
    for (const char* about : {"tpm_version_major", "device/description", "device/firmware_node/description",
                              "device/modalias", "caps", "timeouts"})
      if (const std::string said = contents(chip + "/" + about); !said.empty())
        out += "  " + std::string(about) + ": " + said;
  }
  return out.empty() ? "the kernel shows no TPM in /sys/class/tpm\n" : out;
}

}  // namespace vouchgate::cli::diag
