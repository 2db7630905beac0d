// The status page and what a browser may do with it; page.cmake makes both from page.html. Never changes at run time.
#pragma once

#include <string>
#include <string_view>

namespace vouchgate::metrics {

std::string_view page_html();
std::string_view page_script_sha256();  // of the page's script and style elements, hexadecimal
std::string_view page_style_sha256();

// Nothing but the page's own script and style, and no connection but back here (W3C CSP Level 3).
std::string page_policy();

}  // namespace vouchgate::metrics
