// Reads the configuration and the disk, prints the plan.
#include "plan_command.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "context.hpp"
#include "disk_space.hpp"
#include "plan.hpp"
#include "quantity.hpp"
#include "vouchgate/base/spell.hpp"

namespace vouchgate::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  double rate = 1;
  std::uint64_t size = 256;
  std::uint64_t disk = 0;  // 0: of the spool's file system
  std::string flash = "emmc";
};

std::string decimal(double value) {
  char out[32];
  std::snprintf(out, sizeof out, value < 10 ? "%.1f" : "%.0f", value);
  return out;
}

std::string years(double value) {
  return value > 100 ? "more than 100 years" : value < 0.1 ? "less than 0.1 years" : decimal(value) + " years";
}

// What CLI::Range lets through, as it compares false with everything.
std::string refuse_nan(const std::string& text) {
  return text.find_first_of("nN") == std::string::npos ? "" : "is not a number";
}

std::string rate_text(double rate) {
  std::string out = std::to_string(rate);
  out.erase(out.find_last_not_of('0') + 1);
  if (out.back() == '.') out.pop_back();
  return out;
}

void print_text(const PlanInput& in, const Plan& out) {
  std::cout << "load       " << rate_text(in.rate) << " messages a second of " << bytes_text(in.size) << ", "
            << in.devices << (in.devices == 1 ? " child" : " children") << "\nautonomy   " << spell(out.autonomy)
            << " without a link: " << grouped(out.messages) << " messages in " << bytes_text(out.capacity)
            << (out.autonomy < out.full_after ? ", but the oldest expire by then (spool.max_age)" : "")
            << "\ndrain      "
            << (out.drain == Duration(0) ? "never" : spell(out.drain) + " for a full spool, while messages keep coming")
            << "\nwritten    " << bytes_text(static_cast<std::uint64_t>(out.written_a_day)) << " a day, "
            << decimal(out.amplification) << " bytes for one of payload (estimate)\nflash      "
            << years(out.flash_years) << " of " << bytes_text(in.disk_size) << " that bear "
            << grouped(static_cast<std::uint64_t>(in.flash.cycles)) << " cycles, class " << in.flash.word
            << " (estimate)\n";
  for (const PlanWarning& warning : out.warnings)
    std::cout << "warning    " << warning.what << "\n             hint: " << warning.hint << "\n";
}

void print_json(const PlanInput& in, const Plan& out) {
  Json warnings = Json::array();
  for (const PlanWarning& warning : out.warnings) warnings.push_back({{"what", warning.what}, {"hint", warning.hint}});
  const Json all = {{"rate", in.rate},
                    {"size", in.size},
                    {"devices", in.devices},
                    {"capacity_bytes", out.capacity},
                    {"messages", out.messages},
                    {"autonomy_ms", out.autonomy.count()},
                    {"full_after_ms", out.full_after.count()},
                    {"drain_ms", out.drain == Duration(0) ? Json() : Json(out.drain.count())},
                    {"amplification", out.amplification},
                    {"written_bytes_per_day", static_cast<std::uint64_t>(out.written_a_day)},
                    {"flash_class", in.flash.word},
                    {"flash_bytes", in.disk_size},
                    {"flash_years", out.flash_years},
                    {"warnings", std::move(warnings)}};
  std::cout << all.dump() << "\n";
}

Result<PlanInput> input_of(const Settings& settings, const Options& options) {
  const auto disk = disk_space(settings.spool.path);
  if (!disk) return fail(disk.error());
  PlanInput in;
  in.rate = options.rate;
  in.size = options.size;
  in.spool = settings.spool;
  in.limits = settings.cloud.limits;
  in.devices = settings.devices.size();
  in.held = bytes_in(settings.spool.path);
  in.disk_free = disk->free;
  in.disk_size = options.disk != 0 ? options.disk : disk->size;
  in.flash = *std::ranges::find(flash_classes(), options.flash, &FlashClass::word);
  return in;
}

void run_plan(Context& context, const Options& options) {
  const auto settings = load_settings(context);
  if (!settings) return;
  const auto in = input_of(*settings, options);
  if (!in) return report(context, in.error());
  const Plan out = plan(*in);
  if (context.json)
    print_json(*in, out);
  else
    print_text(*in, out);
}

}  // namespace

void add_plan_command(CLI::App& app, Context& context) {
  auto* verb = app.add_subcommand("plan", "hours without a link, bytes written a day and years of flash at a rate");
  auto options = std::make_shared<Options>();
  std::vector<std::string> words;
  std::string help = "class of flash:";
  for (const FlashClass& flash : flash_classes()) {
    words.push_back(flash.word);
    help += " " + flash.word + " (" + flash.help + ", " + std::to_string(static_cast<int>(flash.cycles)) + " cycles)";
  }
  verb->add_option("--rate", options->rate, "messages a second, of all children together")
      ->check(CLI::Range(0.0001, 1e6))
      ->check(refuse_nan)
      ->capture_default_str();
  verb->add_option("--size", options->size, "bytes of payload of one message")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 30))
      ->capture_default_str();
  verb->add_option("--flash", options->flash, help)->check(CLI::IsMember(words))->capture_default_str();
  verb->add_option("--disk", options->disk,
                   "size of the flash, e.g. 8GiB, if it is larger than the spool's file system")
      ->transform(CLI::AsSizeValue(false));
  verb->callback([&context, options] { run_plan(context, *options); });
}

}  // namespace vouchgate::cli
