// What a support bundle tells of the machine: read from files and libraries that no daemon is needed for. Raw text: the
// collection scrubs it. Never reads a key, a token, a message or a password to show it.
#pragma once

#include <string>
#include <vector>

#include "vouchgate/config/config.hpp"

namespace vouchgate::cli::diag {

std::string config_text(Settings settings);  // every key; the values of claims are left out
std::string mistakes_text(const std::vector<config::Mistake>& mistakes);  // where and what, without quoted values
std::string files_text(const Settings& settings, const std::string& config_path);  // owners, modes, sizes
std::string machine_text(const Settings& settings);                                // disk, memory, load, pressure
std::string versions_text();  // own, kernel, distribution, loaded libraries
std::string tpm_text();       // as the kernel shows it

// Values that must not appear anywhere: the contents of the files that hold passwords and tokens, the values of claims,
// and what a mistake quotes. For removing only.
std::vector<std::string> secrets_of(const config::Loaded& loaded);

}  // namespace vouchgate::cli::diag
