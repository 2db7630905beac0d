// Takes secrets out of text that others wrote: tokens, keys, passwords. Pure. Rather takes out too much than too
// little; never trusts the source to be clean.
#pragma once

#include <string>
#include <vector>

namespace vouchgate::cli::diag {

constexpr const char* mark = "(left out)";

// `known`: secrets by their value. Besides: PEM blocks, JSON Web Tokens, user and password of URLs, values behind names
// such as password= or "secret":, Bearer and Basic credentials, and long runs of what looks like base64.
std::string scrub(std::string text, const std::vector<std::string>& known);

}  // namespace vouchgate::cli::diag
