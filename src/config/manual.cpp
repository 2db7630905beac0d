// vouchgate.yaml(5) from the description, in the man(7) language. Never says of a key what the description does not.
#include "describer.hpp"
#include "vouchgate/config/config.hpp"

namespace vouchgate::config {
namespace {

// groff_char(7): these would be printed as typographic look-alikes, which a reader cannot paste back.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\': out += "\\e"; break;
      case '-': out += "\\-"; break;
      case '~': out += "\\(ti"; break;
      case '^': out += "\\(ha"; break;
      case '`': out += "\\(ga"; break;
      case '\'': out += "\\(aq"; break;
      default: out += c;
    }
  }
  // A control line begins with a dot; an apostrophe is escaped above.
  return out.starts_with('.') ? "\\&" + out : out;
}

class Manual : public Describer {
 public:
  std::string out;

  bool enter(const char* name, const char* help) override {
    begin(path_.empty() ? name : path_.back() + "." + name, help);
    return true;
  }
  void leave() override { path_.pop_back(); }
  void key(const Key& key) override {
    out += ".TP\n\\fB" + escaped(path_.back() + "." + key.name) + "\\fR (" + escaped(key.type);
    if (key.initial != "\"\"") out += ", default \\fB" + escaped(key.initial) + "\\fR";
    if (take_live() || live_list_) out += ", live";
    out += ")\n" + escaped(key.help) + "\n";
    if (!key.range.empty()) out += ".br\nRange: " + escaped(key.range) + "\n";
  }
  void devices(const char* name, std::vector<DeviceSettings>&, DescribeDevice describe_device,
               const char* help) override {
    begin(std::string(name) + "[]", help);
    live_list_ = take_live();
    DeviceSettings device;
    describe_device(*this, device);
    live_list_ = false;
    leave();
  }

 private:
  void begin(const std::string& path, const std::string& help) {
    path_.push_back(path);
    out += ".SS " + escaped(path) + "\n" + escaped(help) + "\n";
  }
  std::vector<std::string> path_;
  bool live_list_ = false;  // within a list whose keys change as one
};

constexpr const char* head =
    R"(.\" Every key of the configuration, generated from the program's own description; say it there, not here.
.TH VOUCHGATE.YAML 5 "" "vouchgate )" VOUCHGATE_VERSION R"(" "File Formats"
.SH NAME
vouchgate.yaml \- configuration of the Vouchgate gateway daemon
.SH SYNOPSIS
.I /etc/vouchgate/vouchgate.yaml
.br
.I /etc/vouchgate/conf.d/*.yaml
.SH DESCRIPTION
One YAML file, then those in
.I conf.d
beside it in the order of their names. Sections given in several files are joined; a key given twice is a mistake.
.B vouchgated \-\-check\-config
reports every mistake at once with file, line and column;
.B vouchgated \-\-print\-config
prints every key with its default.
.PP
Units are always written: 500ms 60s 10m 24h 7d, 512B 64KiB 16MiB 1GiB. Secrets are never in the file. A plain yes, no, on
or off is a text like any other; no key is a truth value. Octal is written only in quotes.
.SH EXAMPLE
.nf
cloud:
  endpoints: ["mqtts://us\-central1\-mqtt.clearblade.com:8883"]
  iot_core: {project: my\-project, region: us\-central1, registry: my\-registry, gateway: gw\-1}
devices:
  \- {id: thermostat\-1}
  \- {id: pump\-1, users: [plc]}
.fi
.SH KEYS
A key without a default is empty unless it is set. A live key takes effect when the daemon is reloaded, every other one
when it is restarted.
)";

constexpr const char* tail =
    R"(.SH SEE ALSO
.BR vouchgated (8),
.BR vouchgate (1),
.BR vouchgate\-child (7)
)";

}  // namespace

std::string manual_page() {
  Manual manual;
  Settings defaults;
  describe(manual, defaults, shipped_words());
  return head + manual.out + tail;
}

}  // namespace vouchgate::config
