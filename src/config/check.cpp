// Rules that join several keys, or that a type alone cannot say. Each mistake stands where the value was given.
#include <algorithm>
#include <set>

#include "loader.hpp"
#include "units.hpp"
#include "vouchgate/model/endpoint.hpp"
#include "vouchgate/model/ids.hpp"
#include "vouchgate/model/listen_address.hpp"
#include "vouchgate/model/message.hpp"

namespace vouchgate::config {
namespace {

constexpr std::size_t longest_socket_path = 107;  // sun_path of unix(7), less the final NUL
constexpr std::size_t most_devices = 10'000;      // bound to one gateway, the cloud's published limit

class Checks {
 public:
  Checks(const Settings& settings, const Loader& loader, std::vector<Mistake>& mistakes)
      : s_(settings), loader_(loader), mistakes_(mistakes) {}

  void run() {
    token();
    endpoints();
    cloud();
    devices();
    socket("ingress.unix.path", s_.ingress.unix_socket.path);
    socket("control.path", s_.control.path);
    spool();
    metrics();
    if (s_.key.holder == "tpm" && s_.key.tpm.tcti.empty())
      complain("key.tpm.tcti", "must be set", "an empty TCTI would let the library choose, down to TCP on localhost");
    if (s_.key.holder == "tpm" && s_.key.tpm.handle == s_.key.tpm.parent)
      complain("key.tpm.handle", "is the same as key.tpm.parent");
    if (s_.key.holder == "atecc608" && s_.key.atecc608.bus.empty())
      complain("key.atecc608.bus", "must be set", "e.g. /dev/i2c-1; 'vouchgate atecc scan' looks for chips");
    if (s_.key.holder == "atecc608" && s_.key.algorithm != "ES256")
      complain("key.algorithm", s_.key.algorithm + " is not what an ATECC608 signs", "write ES256");
  }

 private:
  // One mistake a place: what could not be read at all needs no second complaint.
  void complain(const std::string& path, const std::string& what, const std::string& hint = {}) {
    const Position at = loader_.where(path);
    const bool said = at.line > 0 && std::ranges::any_of(mistakes_, [&](const Mistake& mistake) {
                        return mistake.file == at.file && mistake.line == at.line && mistake.column == at.column;
                      });
    if (!said) mistakes_.push_back(mistake_at(at, path + ": " + what, hint));
  }

  void token() {
    if (s_.token.renew_before >= s_.token.lifetime)
      complain("token.renew_before", print_duration(s_.token.renew_before) + " is not below token.lifetime (" +
                                         print_duration(s_.token.lifetime) + ")");
    else if (s_.token.renew_before + s_.token.backdate >= s_.token.lifetime)
      complain("token.renew_before",
               print_duration(s_.token.renew_before) + " and token.backdate (" + print_duration(s_.token.backdate) +
                   ") together are not below token.lifetime (" + print_duration(s_.token.lifetime) + ")");
    if (s_.token.backdate > Duration(0) && s_.token.backdate >= s_.token.clock_skew)
      complain("token.backdate", print_duration(s_.token.backdate) + " is not below token.clock_skew (" +
                                     print_duration(s_.token.clock_skew) + ")");
    for (const auto& [name, value] : s_.token.claims) {
      if (name == "iat" || name == "exp" || name == "aud")
        complain("token.claims." + name, "is set by the gateway itself", "see token.lifetime and token.audience");
    }
  }

  void endpoints() {
    if (s_.cloud.endpoints.empty())
      complain("cloud.endpoints", "must be set", "e.g. [\"mqtts://us-central1-mqtt.clearblade.com:8883\"]");
    for (std::size_t i = 0; i < s_.cloud.endpoints.size(); ++i) {
      const auto endpoint = Endpoint::parse(s_.cloud.endpoints[i]);
      if (!endpoint)
        complain("cloud.endpoints[" + std::to_string(i) + "]", endpoint.error().subject + " " + endpoint.error().reason,
                 endpoint.error().hint);
    }
  }

  void backoff(const std::string& path, const BackoffSettings& settings) {
    if (settings.base > settings.cap)
      complain(path + ".base",
               print_duration(settings.base) + " is above " + path + ".cap (" + print_duration(settings.cap) + ")");
  }

  void cloud() {
    backoff("cloud.backoff", s_.cloud.backoff);
    backoff("cloud.attach.retry", s_.cloud.attach.retry);
    if (s_.cloud.tls.ca_file.empty()) complain("cloud.tls.ca_file", "must be set");
    if (s_.cloud.dialect != "iot-core") return;
    const auto& core = s_.cloud.iot_core;
    name("cloud.iot_core.project", core.project);
    name("cloud.iot_core.region", core.region);
    name("cloud.iot_core.registry", core.registry);
    if (core.gateway.empty()) return complain("cloud.iot_core.gateway", "must be set");
    if (const auto gateway = DeviceId::parse(core.gateway); !gateway)
      complain("cloud.iot_core.gateway", gateway.error().subject + " " + gateway.error().reason, gateway.error().hint);
    if (core.client_id.empty()) complain("cloud.iot_core.client_id", "must be set");
    if (core.topic_prefix.find("{device}") == std::string::npos)
      complain("cloud.iot_core.topic_prefix", "has no {device}", "e.g. /devices/{device}");
  }

  void name(const std::string& path, const std::string& text) {
    if (text.empty()) return complain(path, "must be set");
    const bool good =
        std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f && c != '/' && c != '+' && c != '#'; });
    if (!good) complain(path, "'" + printable(text) + "' has a character that a client id cannot carry");
  }

  void devices() {
    std::set<std::string> seen;
    if (s_.devices.size() > most_devices)
      complain("devices",
               std::to_string(s_.devices.size()) + " devices; a gateway can have " + std::to_string(most_devices));
    for (std::size_t i = 0; i < s_.devices.size(); ++i) {
      const DeviceSettings& device = s_.devices[i];
      const std::string path = "devices[" + std::to_string(i) + "]";
      const auto id = DeviceId::parse(device.id);
      if (device.id.empty())
        complain(path + ".id", "must be set");
      else if (!id)
        complain(path + ".id", id.error().subject + " " + id.error().reason, id.error().hint);
      else if (!seen.insert(device.id).second)
        complain(path + ".id", "'" + device.id + "' is listed twice");
      else if (device.id == s_.cloud.iot_core.gateway)
        complain(path + ".id", "'" + device.id + "' is the gateway itself");
      if (!device.token_file.empty() && device.auth != "token") complain(path + ".token_file", "needs auth: token");
    }
  }

  void spool() {
    const SpoolSettings& spool = s_.spool;
    if (spool.path.empty()) complain("spool.path", "must be set");
    // A PUBACK counts only after cloud.attach.settle, so that no message would ever spare the disk.
    const bool given = loader_.where("spool.write_after").line > 0;
    if (given && spool.write_after > Duration(0) && spool.write_after <= s_.cloud.attach.settle)
      complain("spool.write_after",
               print_duration(spool.write_after) + " is not above cloud.attach.settle (" +
                   print_duration(s_.cloud.attach.settle) + ")",
               "0ms writes every message at once");
    const std::uint64_t share = spool.max_bytes / 100 * spool.device_share;
    if (s_.devices.size() > 1 && share < max_event_bytes + 1024)
      complain("spool.device_share",
               std::to_string(spool.device_share) + " percent of spool.max_bytes cannot hold the largest message (" +
                   print_number(max_event_bytes, Style::bytes) + ")",
               "raise spool.max_bytes or spool.device_share");
  }

  void metrics() {
    if (s_.metrics.listen.empty()) return;
    if (const auto address = ListenAddress::parse(s_.metrics.listen); !address)
      complain("metrics.listen", address.error().subject + " " + address.error().reason, address.error().hint);
  }

  void socket(const std::string& path, const std::string& value) {
    if (value.empty())
      complain(path, "must be set");
    else if (value.size() > longest_socket_path)
      complain(path, std::to_string(value.size()) + " bytes; a Unix socket's path has at most " +
                         std::to_string(longest_socket_path));
  }

  const Settings& s_;
  const Loader& loader_;
  std::vector<Mistake>& mistakes_;
};

}  // namespace

void check(const Settings& settings, const Loader& loader, std::vector<Mistake>& mistakes) {
  Checks(settings, loader, mistakes).run();
}

}  // namespace vouchgate::config
