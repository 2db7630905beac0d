// Settings as commented YAML: the shipped file, and what --print-config prints. Reads back as the same settings.
#include "units.hpp"
#include "visitor.hpp"
#include "vouchgate/config/config.hpp"

namespace vouchgate::config {
namespace {

constexpr std::size_t width = 100;

class Printer : public Visitor {
 public:
  std::string out =
      "# Vouchgate gateway: /etc/vouchgate/vouchgate.yaml, then conf.d/*.yaml beside it.\n"
      "# Every key is here with its default. Units are always written: 500ms 60s 10m 24h 7d, 512B 64KiB 1GiB.\n"
      "# 'vouchgated --check-config' reports every mistake at once.\n";

  bool enter(const char* key, const char* help) override {
    if (depth_ == 0) out += "\n";
    comment(help);
    line(std::string(key) + ":");
    ++depth_;
    return true;
  }
  void leave() override { --depth_; }
  void text(const char* key, std::string& value, const char* help) override { put(key, print_text(value), help, ""); }
  void word(const char* key, std::string& value, const std::vector<std::string>& words, const char* help) override {
    std::string choice;
    for (const std::string& word : words) choice += (choice.empty() ? "" : " | ") + word;
    put(key, print_text(value), help, words.size() > 1 ? " (" + choice + ")" : "");
  }
  void duration(const char* key, Duration& value, DurationRange range, const char* help) override {
    put(key, print_duration(value), help,
        " (" + print_duration(range.least) + " to " + print_duration(range.most) + ")");
  }
  void number(const char* key, std::uint64_t& value, NumberRange range, Style style, const char* help) override {
    put(key, print_number(value, style), help,
        " (" + print_number(range.least, style) + " to " + print_number(range.most, style) + ")");
  }
  void texts(const char* key, std::vector<std::string>& value, const char* help) override {
    put(key, list(value), help, "");
  }
  void text_map(const char* key, std::map<std::string, std::string>& value, const char* help) override {
    std::string text;
    for (const auto& [name, entry] : value)
      text += (text.empty() ? "" : ", ") + print_text(name) + ": " + print_text(entry);
    put(key, "{" + text + "}", help, "");
  }
  void devices(const char* key, std::vector<DeviceSettings>& value, DescribeDevice describe_device,
               const char* help) override {
    out += "\n";
    comment(help);
    DeviceSettings example;
    Keys keys;
    describe_device(keys, example);
    comment("Keys of a device:");
    for (const std::string& one : keys.lines) comment("  " + one);
    if (value.empty()) return line(std::string(key) + ": []");
    line(std::string(key) + ":");
    for (DeviceSettings& device : value) {
      Keys one;
      describe_device(one, device);
      std::string text;
      for (const std::string& entry : one.values) text += (text.empty() ? "" : ", ") + entry;
      line("  - {" + text + "}");
    }
  }

 private:
  // A device's keys: with their help for the comment, with their values for the list.
  class Keys : public Visitor {
   public:
    std::vector<std::string> lines, values;
    bool enter(const char*, const char*) override { return false; }
    void leave() override {}
    void text(const char* key, std::string& value, const char* help) override { put(key, print_text(value), help); }
    void word(const char* key, std::string& value, const std::vector<std::string>&, const char* help) override {
      put(key, print_text(value), help);
    }
    void duration(const char* key, Duration& value, DurationRange, const char* help) override {
      put(key, print_duration(value), help);
    }
    void number(const char* key, std::uint64_t& value, NumberRange, Style style, const char* help) override {
      put(key, print_number(value, style), help);
    }
    void texts(const char* key, std::vector<std::string>& value, const char* help) override {
      put(key, list(value), help);
    }
    void text_map(const char*, std::map<std::string, std::string>&, const char*) override {}
    void devices(const char*, std::vector<DeviceSettings>&, DescribeDevice, const char*) override {}

   private:
    void put(const char* key, const std::string& value, const char* help) {
      lines.push_back(std::string(key) + " (default " + value + "): " + help);
      values.push_back(std::string(key) + ": " + value);
    }
  };

  static std::string list(const std::vector<std::string>& values) {
    std::string text;
    for (const std::string& value : values) text += (text.empty() ? "" : ", ") + print_text(value);
    return "[" + text + "]";
  }
  void put(const char* key, const std::string& value, const char* help, const std::string& range) {
    comment(help + range);
    line(std::string(key) + ": " + value);
  }
  void line(const std::string& text) { out += std::string(depth_ * 2, ' ') + text + "\n"; }
  void comment(const std::string& text) {
    const std::string margin = std::string(depth_ * 2, ' ') + "# ";
    const std::string further = margin + std::string(text.find_first_not_of(' '), ' ');
    std::string row = margin;
    bool empty = true;
    std::size_t begin = 0;
    while (begin < text.size()) {
      const std::size_t end = std::min(text.find(' ', begin + 1), text.size());
      const std::string word = text.substr(begin, end - begin);
      if (!empty && row.size() + word.size() > width) {
        out += row + "\n";
        row = further;
        empty = true;
      }
      row += empty && row == further && word.front() == ' ' && begin != 0 ? word.substr(1) : word;
      empty = false;
      begin = end;
    }
    out += row + "\n";
  }

  std::size_t depth_ = 0;
};

}  // namespace

std::string print(const Settings& settings) {
  Printer printer;
  Settings copy = settings;
  describe(printer, copy, Words{{"tpm", "atecc608", "file"}, {"iot-core"}});
  return printer.out;
}

}  // namespace vouchgate::config
