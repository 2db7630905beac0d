// docs/configuration.md and the JSON Schema (draft 2020-12), from the description.
#include "describer.hpp"
#include "vouchgate/config/config.hpp"

namespace vouchgate::config {
namespace {

class Markdown : public Describer {
 public:
  std::string out =
      "# Configuration\n\n"
      "`/etc/vouchgate/vouchgate.yaml`, then `conf.d/*.yaml` beside it in the order of their names. Sections given in "
      "several files are\n"
      "joined; a key given twice is a mistake. `vouchgated --check-config` reports every mistake at once with file, "
      "line and column;\n"
      "`vouchgated --print-config` prints the file below with its defaults. Units are always written: `500ms` `60s` "
      "`10m` `24h` `7d`,\n"
      "`512B` `64KiB` `16MiB` `1GiB`. Secrets are never in the file.\n"
      "A plain `yes`, `no`, `on` or `off` is a text like any other; no key is a truth value. Octal is written only in "
      "quotes.\n\n"
      "`systemctl reload vouchgated` applies the keys marked *live* without touching the session or the spool; those "
      "marked *restart*\n"
      "are named in the journal and wait for one. A file with mistakes changes nothing: all of them are listed in the "
      "journal.\n\n"
      "This page is generated from the program's own description of its keys.\n";

  bool enter(const char* name, const char* help) override {
    path_.push_back(path_.empty() ? name : path_.back() + "." + name);
    out += "\n## `" + path_.back() + "`\n\n" + help + "\n";
    table_ = false;
    return true;
  }
  void leave() override {
    path_.pop_back();
    table_ = false;
  }
  void key(const Key& key) override {
    if (!table_) out += "\n| key | type | default | range | change | meaning |\n|---|---|---|---|---|---|\n";
    table_ = true;
    const std::string prefix = path_.empty() ? "" : path_.back() + ".";
    out += "| `" + prefix + key.name + "` | " + key.type + " | " +
           (key.initial == "\"\"" ? "" : "`" + escaped(key.initial) + "`") + " | " + escaped(key.range) + " | " +
           (take_live() || live_list_ ? "live" : "restart") + " | " + escaped(key.help) + " |\n";
  }
  void devices(const char* name, std::vector<DeviceSettings>&, DescribeDevice describe_device,
               const char* help) override {
    path_.push_back(std::string(name) + "[]");
    out += "\n## `" + std::string(name) + "`\n\n" + help + "\n";
    table_ = false;
    live_list_ = take_live();
    DeviceSettings device;
    describe_device(*this, device);
    live_list_ = false;
    leave();
  }

 private:
  static std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
    return out;
  }
  std::vector<std::string> path_;
  bool table_ = false;
  bool live_list_ = false;  // within a list whose keys change as one
};

class Schema : public Describer {
 public:
  std::string out =
      "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n  \"title\": \"vouchgate.yaml\",\n"
      "  \"type\": \"object\", \"additionalProperties\": false, \"properties\": {";

  bool enter(const char* name, const char* help) override {
    begin(name);
    out += "{\"description\": " + json(help) +
           ", \"type\": \"object\", \"additionalProperties\": false, \"properties\": {";
    ++depth_;
    first_ = true;
    return true;
  }
  void leave() override {
    --depth_;
    out += "\n" + std::string(depth_ * 2 + 2, ' ') + "}}";
    first_ = false;
  }
  void key(const Key& key) override {
    begin(key.name);
    out += "{\"description\": " + json(key.help) + ", " + key.schema + "}";
  }
  void devices(const char* name, std::vector<DeviceSettings>&, DescribeDevice describe_device,
               const char* help) override {
    begin(name);
    out += "{\"description\": " + json(help) +
           ", \"type\": \"array\", \"items\": {\"type\": \"object\", \"additionalProperties\": false, \"required\": "
           "[\"id\"], \"properties\": {";
    ++depth_;
    first_ = true;
    DeviceSettings device;
    describe_device(*this, device);
    leave();
    out += "}";
  }

 private:
  void begin(const std::string& name) {
    out += (first_ ? "\n" : ",\n") + std::string(depth_ * 2 + 2, ' ') + json(name) + ": ";
    first_ = false;
  }
  std::size_t depth_ = 1;
  bool first_ = true;
};

}  // namespace

std::string reference_markdown() {
  Markdown markdown;
  Settings defaults;
  describe(markdown, defaults, shipped_words());
  return markdown.out;
}

std::string json_schema() {
  Schema schema;
  Settings defaults;
  describe(schema, defaults, shipped_words());
  return schema.out + "\n  }\n}\n";
}

}  // namespace vouchgate::config
