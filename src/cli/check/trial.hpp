// A session of the daemon's own making, opened with a fresh token and closed at once. Never while a daemon runs: the
// cloud would end the live session for the new one.
#pragma once

#include "key_checks.hpp"
#include "network_checks.hpp"
#include "vouchgate/model/settings.hpp"

namespace vouchgate::cli::check {

// Opens the key, signs and verifies.
Result<Signature> sign_once(const KeySettings& settings);

// Mints a token and tries the endpoints in order until one accepts it. Errors: of the key, the token, the dialect.
Result<std::vector<Trial>> try_connect(const Settings& settings, const std::vector<Endpoint>& endpoints,
                                       Duration patience);

}  // namespace vouchgate::cli::check
