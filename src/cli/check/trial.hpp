// A session of the daemon's own making, opened with a fresh token and closed at once. Never while a daemon runs: the
// cloud would end the live session for the new one.
#pragma once

#include <functional>

#include "key_checks.hpp"
#include "network_checks.hpp"
#include "vouchgate/model/settings.hpp"

namespace vouchgate::cli::check {

// Opens the key, signs and verifies.
Result<Signature> sign_once(const KeySettings& settings);

// Mints a token and tries the endpoints in order until one accepts it, each for `patience`. Asks before each whether it
// is still alone: another with the same client id would lose its session. Errors: of the key, the token, the dialect;
// busy, it is not alone.
Result<std::vector<Trial>> try_connect(const Settings& settings, const std::vector<Endpoint>& endpoints,
                                       Duration patience, const std::function<bool()>& alone);

}  // namespace vouchgate::cli::check
