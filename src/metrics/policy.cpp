// The page's Content-Security-Policy.
#include "page.hpp"
#include "vouchgate/base/bytes.hpp"

namespace vouchgate::metrics {
namespace {

std::string source(std::string_view sha256) {
  const auto bytes = from_hex(sha256);
  return bytes ? "'sha256-" + base64(*bytes) + "'" : "'none'";
}

}  // namespace

std::string page_policy() {
  return "default-src 'none'; script-src " + source(page_script_sha256()) + "; style-src " +
         source(page_style_sha256()) +
         "; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

}  // namespace vouchgate::metrics
