// vouchgate atecc: looks at an ATECC508A or ATECC608 and sets it up. Nothing is written without --commit, nothing is
// locked without the chip's serial number.
#pragma once

#include <CLI/CLI.hpp>

#include "atecc_options.hpp"
#include "atecc_text.hpp"

namespace vouchgate::cli {

void add_atecc_commands(CLI::App& app, Context& context);

// The verbs that change a chip, beside those that look.
void add_atecc_steps(CLI::App& atecc, Context& context, const std::shared_ptr<ChipOptions>& options);
void add_atecc_certificates(CLI::App& atecc, Context& context, const std::shared_ptr<ChipOptions>& options);

// The chip that the settings name, and whether its slot holds a key.
Result<ChipSeen> look_at(const Atecc608Settings& settings);
// The file, or its mistakes on stderr and exit_code 1.
std::optional<config::ChipConfig> read_chip_config(Context& context, const std::string& path);
// Runs `verb` on the chip that the options name, and reports its error.
using ChipVerb = std::function<Result<void>(const Atecc608Settings&)>;
void run_on_chip(Context& context, const ChipOptions& options, const ChipVerb& verb);

}  // namespace vouchgate::cli
