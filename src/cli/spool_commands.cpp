// Prints the spool's books and its quarantine. Never deletes a message without being told so twice.
#include "spool_commands.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <ctime>
#include <iostream>
#include <memory>

#include "daemon_call.hpp"
#include "daemon_tables.hpp"
#include "vouchgate/base/bytes.hpp"
#include "vouchgate/base/json_text.hpp"

namespace vouchgate::cli {
namespace {

using nlohmann::json;

constexpr auto audit_patience = std::chrono::minutes(10);  // it reads the whole database, also from slow flash

struct Selection {
  std::uint64_t seq = 0;  // 0: none
  std::string device;
  bool all = false, yes = false;
};

std::string utc(const json& message, const char* key) {
  const std::time_t seconds = message.value(key, std::int64_t{0}) / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char out[32];
  std::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return out;
}

std::string line_of(const json& message) {
  std::string out = std::to_string(message.value("seq", std::uint64_t{0})) + "  " + message.value("device", "") + "  " +
                    message.value("kind", "");
  if (const auto subfolder = message.value("subfolder", ""); !subfolder.empty()) out += "/" + subfolder;
  return out + "  " + std::to_string(message.value("size", std::uint64_t{0})) + " bytes  since " +
         utc(message, "since_ms") + "  " + message.value("reason", "");
}

// Every message in quarantine, page by page.
Result<json> listed(ControlClient& daemon, const std::string& device) {
  json all = json::array();
  std::uint64_t after = 0;
  for (;;) {
    const auto page = ask(daemon, JsonLine("spool-list").text("after", std::to_string(after)).str());
    if (!page) return fail(page.error());
    const json messages = page->value("messages", json::array());
    if (messages.empty()) return all;
    for (const json& message : messages) {
      after = message.value("seq", after);
      if (device.empty() || message.value("device", "") == device) all.push_back(message);
    }
  }
}

Result<void> list(ControlClient& daemon, const std::string& device, bool as_json) {
  const auto all = listed(daemon, device);
  if (!all) return fail(all.error());
  if (as_json) {
    std::cout << all->dump() << "\n";
  } else if (all->empty()) {
    std::cout << "nothing is in quarantine\n";
  } else {
    for (const json& message : *all) std::cout << line_of(message) << "\n";
  }
  return {};
}

Result<void> show(ControlClient& daemon, std::uint64_t seq, bool as_json) {
  auto message = ask(daemon, JsonLine("spool-show").text("seq", std::to_string(seq)).str());
  if (!message) return fail(message.error());
  message->erase("op");
  if (as_json) {
    std::cout << message->dump() << "\n";
    return {};
  }
  const std::string encoded = message->value("data_b64", "");
  std::cout << line_of(*message) << "\nstored at " << utc(*message, "stored_at_ms") << "\n"
            << printable_payload(encoded) << "\n";
  return {};
}

Result<void> stats(ControlClient& daemon, bool as_json) {
  const auto status = ask(daemon, JsonLine("status").str());
  if (!status) return fail(status.error());
  const json spool = status->value("spool", json::object());
  std::cout << (as_json ? spool.dump() + "\n" : spool_text(spool));
  return {};
}

Result<void> audit(ControlClient& daemon, bool as_json) {
  auto books = ask(daemon, JsonLine("spool-audit").str(), audit_patience);
  if (!books) return fail(books.error());
  books->erase("op");
  std::cout << (as_json ? books->dump() + "\n" : audit_text(*books));
  if (books->value("adds_up", false)) return {};
  return fail(Code::corrupt, "spool", "", "the ledger does not add up with what is on the disk",
              "keep a copy of the spool directory and report it");
}

bool confirmed(std::size_t count) {
  std::cerr << "discard " << count << (count == 1 ? " message" : " messages") << " for good? Type yes: ";
  std::string answer;
  return std::getline(std::cin, answer) && answer == "yes";
}

Result<std::vector<std::string>> selected(ControlClient& daemon, const Selection& selection) {
  if (!selection.all) return std::vector<std::string>{std::to_string(selection.seq)};
  const auto all = listed(daemon, selection.device);
  if (!all) return fail(all.error());
  std::vector<std::string> seqs;
  for (const json& message : *all) seqs.push_back(std::to_string(message.value("seq", std::uint64_t{0})));
  return seqs;
}

Result<void> each(ControlClient& daemon, const Selection& selection, const char* op, const char* done, bool as_json) {
  const auto seqs = selected(daemon, selection);
  if (!seqs) return fail(seqs.error());
  const bool final = std::string_view(op) == "spool-discard";
  if (final && !selection.yes && !(::isatty(STDIN_FILENO) != 0 && confirmed(seqs->size())))
    return fail(Code::denied, "spool", "", "nothing was discarded", "add --yes to discard without being asked");
  std::size_t failed = 0;
  for (const std::string& seq : *seqs) {
    const auto answer = daemon.ask(JsonLine(op).text("seq", seq).str());
    if (answer) {
      std::cout << (as_json ? *answer : seq + ": " + done) << "\n";
      continue;
    }
    // One message that is damaged, or gone meanwhile, does not keep the others.
    const bool its_own = answer.error().code == Code::mismatch || answer.error().code == Code::not_found;
    if (!its_own || !selection.all) return fail(answer.error());
    std::cerr << answer.error().text() << "\n";
    ++failed;
  }
  if (failed == 0) return {};
  return fail(Code::corrupt, "spool", "",
              std::to_string(failed) + " of " + std::to_string(seqs->size()) + " were left as they are");
}

void add_each(CLI::App& spool, Context& context, const char* name, const char* help, const char* op, const char* done) {
  auto* command = spool.add_subcommand(name, help);
  auto selection = std::make_shared<Selection>();
  auto* seq = command->add_option("SEQ", selection->seq, "its number; 'spool list' shows it");
  auto* all = command->add_flag("--all", selection->all, "everything in quarantine")->excludes(seq);
  command->add_option("--device", selection->device, "with --all: of this device only")->needs(all);
  if (std::string_view(name) == "discard") command->add_flag("--yes", selection->yes, "do not ask");
  command->callback([&context, selection, op, done] {
    if (selection->seq == 0 && !selection->all) throw CLI::RequiredError("SEQ or --all");
    run(context, [&](ControlClient& daemon) { return each(daemon, *selection, op, done, context.json); });
  });
}

}  // namespace

void add_spool_commands(CLI::App& app, Context& context) {
  auto* spool = app.add_subcommand("spool", "the durable queue of the running daemon, and its quarantine");
  spool->require_subcommand(1);
  spool->add_subcommand("stats", "state, space and ledger")->callback([&context] {
    run(context, [&](ControlClient& daemon) { return stats(daemon, context.json); });
  });
  spool->add_subcommand("audit", "counts what is on the disk against the ledger")->callback([&context] {
    run(context, [&](ControlClient& daemon) { return audit(daemon, context.json); });
  });
  auto* list_command = spool->add_subcommand("list", "messages in quarantine");
  auto device = std::make_shared<std::string>();
  list_command->add_option("--device", *device, "of this device only");
  list_command->callback(
      [&context, device] { run(context, [&](ControlClient& daemon) { return list(daemon, *device, context.json); }); });
  auto* show_command = spool->add_subcommand("show", "one message in quarantine with its payload");
  auto seq = std::make_shared<std::uint64_t>(0);
  show_command->add_option("SEQ", *seq, "its number")->required();
  show_command->callback(
      [&context, seq] { run(context, [&](ControlClient& daemon) { return show(daemon, *seq, context.json); }); });
  add_each(*spool, context, "retry", "send it again, behind what its device has queued", "spool-retry",
           "back in its queue");
  add_each(*spool, context, "discard", "delete it for good", "spool-discard", "discarded");
}

}  // namespace vouchgate::cli
