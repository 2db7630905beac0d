// Prints the documents that are made from the program's own tables, so that a test can compare them with the tree:
// yaml, configuration, schema, manual, messages, catalog. Writes nothing.
#include <iostream>
#include <string>

#include "vouchgate/base/events.hpp"
#include "vouchgate/config/config.hpp"

namespace {

using vouchgate::events::Description;

const char* level_word(vouchgate::events::Level level) {
  static constexpr const char* words[] = {"", "", "", "error", "warning", "notice", "info", "debug"};
  return words[static_cast<int>(level)];
}

// "{device}" -> "VOUCHGATE_DEVICE", one for each placeholder
std::string fields_of(const Description& event) {
  std::string out;
  for (std::size_t at = event.text.find('{'); at != std::string_view::npos; at = event.text.find('{', at + 1)) {
    std::string name = "VOUCHGATE_";
    for (const char c : event.text.substr(at + 1, event.text.find('}', at) - at - 1))
      name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    out += (out.empty() ? "" : " ") + name;
  }
  return out;
}

void messages() {
  std::cout << "# Messages\n\n"
               "Every line that Vouchgate logs, with its level and what it means. `journalctl -x -u vouchgated` shows "
               "the same text beside\n"
               "each line on the gateway. The level says who must act: error an operator now, warning an operator "
               "soon, notice and info\n"
               "nobody, debug a developer. Repeats within a minute are folded into one line.\n\n"
               "This page is generated from the program's own table of messages.\n";
  for (const Description& event : vouchgate::events::all()) {
    std::cout << "\n## " << event.name << "\n\n`" << event.text << "` (" << level_word(event.level) << ")\n\n"
              << event.subject << ". " << event.paragraph << "\n\n`MESSAGE_ID=" << event.message_id << "`";
    if (const std::string fields = fields_of(event); !fields.empty()) std::cout << ", fields `" << fields << "`";
    std::cout << "\n";
  }
}

// journalctl(1) catalogue, format of catalog(7): a blank line ends an entry.
void catalog() {
  std::cout << "# Message catalogue of Vouchgate, generated from its table of messages. Shown by 'journalctl -x'.\n";
  for (const Description& event : vouchgate::events::all()) {
    std::cout << "\n-- " << event.message_id << "\nSubject: " << event.subject << "\nDefined-By: Vouchgate\n\n"
              << event.paragraph << "\n";
    if (const std::string fields = fields_of(event); !fields.empty()) std::cout << "Fields: " << fields << "\n";
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc == 2 ? argv[1] : "";
  if (what == "yaml")
    std::cout << vouchgate::config::print(vouchgate::Settings{});
  else if (what == "configuration")
    std::cout << vouchgate::config::reference_markdown();
  else if (what == "schema")
    std::cout << vouchgate::config::json_schema();
  else if (what == "manual")
    std::cout << vouchgate::config::manual_page();
  else if (what == "messages")
    messages();
  else if (what == "catalog")
    catalog();
  else {
    std::cerr << "usage: vouchgate_generate yaml|configuration|schema|manual|messages|catalog\n";
    return 2;
  }
  return std::cout.flush() ? 0 : 1;
}
