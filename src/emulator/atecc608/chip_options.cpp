// Reads the command line with one table for parsing and help. Never exits the program.
#include "chip_options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "vouchgate/model/ids.hpp"

namespace vouchgate::emulator::atecc608 {
namespace {

template <class T>
bool whole(const std::string& text, T& out) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && stop == text.data() + text.size();
}

bool set_file(std::string& out, const std::string& value) {
  out = value;
  return true;
}

bool set_name(std::string& out, const std::string& value) {
  out = value;
  return value.find('/') == std::string::npos && value != "." && value != "..";
}

bool set_part(ChipOptions& options, const std::string& value) {
  const auto part = part_named(value);
  options.part = part.value_or(options.part);
  options.part_given = true;
  return part.has_value();
}

bool set_preset(ChipOptions& options, const std::string& value) {
  constexpr std::array<std::string_view, 5> names{"blank", "jwt-1", "jwt-1-key", "trust-and-go", "trust-flex"};
  const auto found = std::find(names.begin(), names.end(), value);
  options.preset = static_cast<Preset>(found - names.begin());
  return found != names.end();
}

bool set_errno(ChipOptions& options, const std::string& value) {
  for (const auto& [name, number] : {std::pair("ENXIO", ENXIO),
                                     {"EREMOTEIO", EREMOTEIO},
                                     {"EIO", EIO},
                                     {"ETIMEDOUT", ETIMEDOUT},
                                     {"EAGAIN", EAGAIN}}) {
    options.nack_errno = number;
    if (value == name) return true;
  }
  return false;
}

struct Row {
  std::string_view word, argument, help;
  bool (*set)(ChipOptions&, const std::string&);
};
constexpr std::string_view smbus_word = "--smbus-only";
constexpr std::array rows{
    Row{"--state", "FILE", "what the chip remembers without power (JSON, made on the first start); once for each chip",
        [](ChipOptions& o, const std::string& v) { return set_file(o.states.emplace_back(), v); }},
    Row{"--fuse", "DIR", "mount a file there that is used like /dev/i2c-N (root)",
        [](ChipOptions& o, const std::string& v) { return set_file(o.fuse, v); }},
    Row{"--name", "NAME", "that file's name (default i2c-9)",
        [](ChipOptions& o, const std::string& v) { return set_name(o.name, v); }},
    Row{"--cuse", "NAME", "make the character device /dev/NAME instead (root, kernel module cuse)",
        [](ChipOptions& o, const std::string& v) { return set_name(o.cuse, v); }},
    Row{"--part", "PART", "of a new chip: 508a, 608a or 608b (default 608b)", set_part},
    Row{"--preset", "NAME", "of a new chip: blank (default), jwt-1, jwt-1-key, trust-and-go or trust-flex", set_preset},
    Row{"--control", "FIFO", "made for orders, one JSON object a line",
        [](ChipOptions& o, const std::string& v) { return set_file(o.control, v); }},
    Row{"--nack-errno", "NAME", "ENXIO (default), EREMOTEIO, EIO, ETIMEDOUT or EAGAIN", set_errno},
    Row{"--bus-hz", "HZ", "speed of the bus (default 100000); above 133333 the chip cannot be woken",
        [](ChipOptions& o, const std::string& v) { return whole(v, o.bus_hz) && o.bus_hz >= 1000; }},
    Row{"--seed", "NUMBER", "of run times, watchdog and faults by chance (default 1)",
        [](ChipOptions& o, const std::string& v) { return whole(v, o.seed); }}};

std::string help() {
  std::string text =
      "Usage: vouchgate-emulator-atecc608 --state FILE (--fuse DIR | --cuse NAME) [options]\n"
      "ATECC508A and 608 on an I2C bus of their own, on this machine, for benches and tests.\n"
      "What happens is one JSON line each on standard output. SIGTERM, SIGINT and SIGHUP end it.\n\n";
  const auto line = [&](std::string_view word, std::string_view argument, std::string_view what) {
    std::string left = "  " + std::string(word) + (argument.empty() ? "" : " ") + std::string(argument);
    left.resize(std::max<std::size_t>(left.size() + 1, 22), ' ');
    text += left + std::string(what) + "\n";
  };
  for (const Row& row : rows) line(row.word, row.argument, row.help);
  line(smbus_word, "", "an adapter without plain I2C transfers");
  line("--help", "", "this text");
  line("--version", "", "the version");
  return text;
}

Error usage(std::string subject, std::string reason) {
  return {Code::invalid, "emulator", std::move(subject), std::move(reason), "vouchgate-emulator-atecc608 --help"};
}

ChipCommandLine checked(const ChipOptions& options) {
  if (options.states.empty()) return usage("--state", "is missing");
  if (options.fuse.empty() == options.cuse.empty()) return usage("--fuse and --cuse", "one of them is needed");
  if (provisioned_by_factory(options.preset) && options.part != Part::atecc608b)
    return usage("--preset", "trust-and-go and trust-flex are a 608b");
  return options;
}

}  // namespace

ChipCommandLine parse_chip_options(const std::vector<std::string>& arguments) {
  ChipOptions options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::size_t equals = arguments[i].find('=');
    const std::string word = arguments[i].substr(0, equals);
    if (word == "--help") return ChipText{help()};
    if (word == "--version") return ChipText{"vouchgate-emulator-atecc608 " VOUCHGATE_VERSION "\n"};
    if (word == smbus_word) {
      options.smbus_only = true;
      continue;
    }
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& each) { return each.word == word; });
    if (row == rows.end()) return usage("'" + printable(word) + "'", "unknown option");
    if (equals == std::string::npos && i + 1 == arguments.size()) return usage(word, "needs a value");
    const std::string value = equals == std::string::npos ? arguments[++i] : arguments[i].substr(equals + 1);
    if (value.empty()) return usage(word, "has an empty value");
    if (!row->set(options, value)) return usage(word, "'" + printable(value) + "' cannot be used");
  }
  return checked(options);
}

}  // namespace vouchgate::emulator::atecc608
