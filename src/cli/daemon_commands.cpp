// Wires the daemon's verbs to its control socket. Never prints an error without its hint.
#include "daemon_commands.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "context.hpp"
#include "daemon_call.hpp"
#include "daemon_tables.hpp"
#include "send_command.hpp"
#include "status_command.hpp"
#include "vouchgate/base/bytes.hpp"
#include "vouchgate/base/json_text.hpp"
#include "vouchgate/model/message.hpp"

namespace vouchgate::cli {
namespace {

using nlohmann::json;

Result<void> show_devices(ControlClient& daemon, const std::string& wanted, bool as_json) {
  auto answer = ask(daemon, R"({"op":"devices"})");
  if (!answer) return fail(std::move(answer.error()));
  const json devices = answer->value("devices", json::array());
  if (wanted.empty()) {
    std::cout << (as_json ? devices.dump() + "\n" : devices_text(devices));
    return {};
  }
  for (const json& device : devices) {
    if (device.value("device", "") != wanted) continue;
    std::cout << (as_json ? device.dump() + "\n" : device_text(device));
    return {};
  }
  return fail(Code::not_found, "device", wanted, "is not configured", "'vouchgate devices list' shows those that are");
}

Result<void> order(ControlClient& daemon, JsonLine request, const std::string& done, bool as_json) {
  auto answer = daemon.ask(request.str());
  if (!answer) return fail(std::move(answer.error()));
  std::cout << (as_json ? *answer : done) << "\n";
  return {};
}

void add_devices(CLI::App& app, Context& context) {
  auto* devices = app.add_subcommand("devices", "children of this gateway as the running daemon sees them");
  devices->require_subcommand(1);
  devices->add_subcommand("list", "every child: state, local connections, queue")->callback([&context] {
    run(context, [&](ControlClient& daemon) { return show_devices(daemon, {}, context.json); });
  });
  auto device = std::make_shared<std::string>();
  const auto add = [&](const std::string& name, const char* help, std::function<Result<void>(ControlClient&)> verb) {
    auto* command = devices->add_subcommand(name, help);
    command->add_option("DEVICE", *device, "device id")->required();
    command->callback([&context, verb = std::move(verb)] { run(context, verb); });
  };
  add("show", "one child and its ledger",
      [&context, device](ControlClient& daemon) { return show_devices(daemon, *device, context.json); });
  add("attach", "attach now instead of after the backoff", [&context, device](ControlClient& daemon) {
    return order(daemon, JsonLine("attach").text("device", *device), *device + ": attaching", context.json);
  });
  add("detach", "detach until 'attach' or a restart; its messages wait", [&context, device](ControlClient& daemon) {
    return order(daemon, JsonLine("detach").text("device", *device), *device + ": detached", context.json);
  });
}

Result<std::string> read_payload(const std::string& path) {
  std::ifstream file;
  if (path != "-") {
    file.open(path, std::ios::binary);
    if (!file) return fail(Code::not_found, "send", path, "cannot be read");
  }
  std::istream& in = path == "-" ? std::cin : file;
  // One byte beyond the limit is enough to be told so by the daemon.
  std::string payload(max_event_bytes + 1, '\0');
  in.read(payload.data(), static_cast<std::streamsize>(payload.size()));
  payload.resize(static_cast<std::size_t>(in.gcount()));
  return payload;
}

struct SendArguments {
  SendOptions options;
  std::string path = "-", ack = "delivered";
  double timeout = 30;
  bool lines = false;
};

Result<void> send(ControlClient& daemon, const SendArguments& arguments, bool as_json) {
  SendOptions options = arguments.options;
  options.json = as_json;
  options.until_delivered = arguments.ack == "delivered";
  options.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(arguments.timeout * 1000));
  if (!arguments.lines) {
    const auto payload = read_payload(arguments.path);
    return payload ? send_one(daemon, options, *payload, std::cout) : Result<void>(fail(payload.error()));
  }
  if (arguments.path == "-") return send_lines(daemon, options, std::cin, std::cout);
  std::ifstream file(arguments.path, std::ios::binary);
  if (!file) return fail(Code::not_found, "send", arguments.path, "cannot be read");
  return send_lines(daemon, options, file, std::cout);
}

void add_send(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("send", "a message of a child through the running daemon; waits until delivered");
  auto arguments = std::make_shared<SendArguments>();
  auto& options = arguments->options;
  command->add_option("--device", options.device, "which child speaks")->required();
  auto* subfolder = command->add_option("--subfolder", options.subfolder, "below events/");
  command->add_flag("--state", options.state, "a state instead of an event")->excludes(subfolder);
  command->add_option("--ack", arguments->ack, "what to wait for")
      ->check(CLI::IsMember({"stored", "delivered"}))
      ->capture_default_str();
  command->add_option("--timeout", arguments->timeout, "seconds without progress before giving up")
      ->check(CLI::Range(0.001, 86400.0))
      ->capture_default_str();
  auto* lines = command->add_flag("--lines", arguments->lines, "each line of FILE is a message; prints a summary");
  command->add_option("--rate", options.rate, "messages a second")->check(CLI::Range(0.001, 1e6))->needs(lines);
  command->add_option("FILE", arguments->path, "payload; - is standard input")->capture_default_str();
  command->callback([&context, arguments] {
    run(context, [&](ControlClient& daemon) { return send(daemon, *arguments, context.json); });
  });
}

std::string heard(const json& line) {
  const std::string op = line.value("op", "");
  std::string out = line.value("device", "") + " " + op;
  if (op == "listening" || op == "attachment") {
    out += line.value("attached", false) ? ": attached" : ": not attached";
    if (const auto reason = line.value("reason", ""); !reason.empty()) out += ", " + reason;
    return out;
  }
  if (const auto subfolder = line.value("subfolder", ""); !subfolder.empty()) out += " " + subfolder;
  const std::string encoded = line.value("data_b64", "");
  return out + ": " + printable_payload(encoded);
}

Result<void> listen(ControlClient& daemon, const std::string& device, bool as_json) {
  if (auto sent = daemon.send(JsonLine("listen").text("device", device).str()); !sent) return sent;
  while (std::cout) {
    auto line = daemon.receive(std::nullopt);
    if (!line) return fail(std::move(line.error()));
    if (auto error = error_of(**line)) return fail(std::move(*error));
    const json parsed = json::parse(**line, nullptr, false);
    if (parsed.is_object()) std::cout << (as_json ? **line : heard(parsed)) << std::endl;
  }
  return {};
}

void add_listen(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("listen", "print a child's config and commands as they arrive");
  auto device = std::make_shared<std::string>();
  command->add_option("--device", *device, "which child listens")->required();
  command->callback([&context, device] {
    run(context, [&](ControlClient& daemon) { return listen(daemon, *device, context.json); });
  });
}

}  // namespace

void add_daemon_commands(CLI::App& app, Context& context) {
  add_status_command(app, context);
  add_devices(app, context);
  add_send(app, context);
  add_listen(app, context);
  app.add_subcommand("renew", "swap the session's token now")->callback([&context] {
    run(context, [&](ControlClient& daemon) {
      return order(daemon, JsonLine("renew"), "a planned swap has begun; 'vouchgate status' shows it", context.json);
    });
  });
}

}  // namespace vouchgate::cli
